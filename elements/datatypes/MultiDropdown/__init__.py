"""Some of several options."""

from datatypes.Meta import datatypes

MultiDropdown = datatypes.MultiDropdown
