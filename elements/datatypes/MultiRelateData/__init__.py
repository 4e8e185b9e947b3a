"""Keys of rows of another model."""

from datatypes.Meta import datatypes

MultiRelateData = datatypes.MultiRelateData
