"""A telephone number."""

from datatypes.Meta import datatypes

Phone = datatypes.Phone
