"""One of several options."""

from datatypes.Meta import datatypes

Radio = datatypes.Radio
