"""A dictionary; its members are attributes too."""

from datatypes.Meta import datatypes

JitDict = datatypes.JitDict
