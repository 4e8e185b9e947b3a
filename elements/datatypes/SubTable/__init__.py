"""Rows that belong to this one."""

from datatypes.Meta import datatypes

SubTable = datatypes.SubTable
