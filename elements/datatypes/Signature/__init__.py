"""A drawn signature, as a data URL."""

from datatypes.Meta import datatypes

Signature = datatypes.Signature
