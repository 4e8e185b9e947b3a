"""The key of a row of another model."""

from datatypes.Meta import datatypes

RelateData = datatypes.RelateData
