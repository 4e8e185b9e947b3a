"""The text of a filter."""

from datatypes.Meta import datatypes

QFilter = datatypes.QFilter
