"""A serial number."""

from datatypes.Meta import datatypes

Serial = datatypes.Serial
