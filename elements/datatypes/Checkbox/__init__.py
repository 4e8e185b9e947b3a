"""1 for checked, 0 for not."""

from datatypes.Meta import datatypes

Checkbox = datatypes.Checkbox
