"""Text with markup."""

from datatypes.Meta import datatypes

RichText = datatypes.RichText
