"""One row of another model."""

from datatypes.Meta import datatypes

RowData = datatypes.RowData
