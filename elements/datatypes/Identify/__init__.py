"""The number of an identity card."""

from datatypes.Meta import datatypes

Identify = datatypes.Identify
