"""One of several options."""

from datatypes.Meta import datatypes

Dropdown = datatypes.Dropdown
