"""A day and a time of day, in the time zone of the app."""

from datatypes.Meta import datatypes

Datetime = datatypes.Datetime
