"""Ids of persons."""

from datatypes.Meta import datatypes

MultiMember = datatypes.MultiMember
