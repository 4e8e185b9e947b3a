"""An amount of money, with two digits after the point unless `decimal` says otherwise."""

from datatypes.Meta import datatypes

Money = datatypes.Money
