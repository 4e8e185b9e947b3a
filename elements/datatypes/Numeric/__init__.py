"""A number with `decimal` (0) digits after the point and `maxDigits` (18) in all."""

from datatypes.Meta import datatypes

Numeric = datatypes.Numeric
