"""A time of day."""

from datatypes.Meta import datatypes

Time = datatypes.Time
