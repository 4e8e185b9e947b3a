"""The id of a person."""

from datatypes.Meta import datatypes

Member = datatypes.Member
