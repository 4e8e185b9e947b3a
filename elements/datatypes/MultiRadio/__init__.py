"""Some of several options."""

from datatypes.Meta import datatypes

MultiRadio = datatypes.MultiRadio
