"""Rows of another model."""

from datatypes.Meta import datatypes

RowList = datatypes.RowList
