"""A web address."""

from datatypes.Meta import datatypes

Link = datatypes.Link
