"""A day."""

from datatypes.Meta import datatypes

Date = datatypes.Date
