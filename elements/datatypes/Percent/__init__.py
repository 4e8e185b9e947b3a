"""A percentage."""

from datatypes.Meta import datatypes

Percent = datatypes.Percent
