"""A short text of at most `maxLen` (255) characters."""

from datatypes.Meta import datatypes

Stext = datatypes.Stext
