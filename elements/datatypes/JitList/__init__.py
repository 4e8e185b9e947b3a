"""A list."""

from datatypes.Meta import datatypes

JitList = datatypes.JitList
