"""A long text, without limit unless `maxLen` sets one."""

from datatypes.Meta import datatypes

Ltext = datatypes.Ltext
