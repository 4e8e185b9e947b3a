"""A dictionary whose values are all of one type."""

from datatypes.Meta import datatypes

JitMap = datatypes.JitMap
