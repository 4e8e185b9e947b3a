"""Ids of departments."""

from datatypes.Meta import datatypes

MultiDept = datatypes.MultiDept
