"""A whole number that the database counts up; the usual primary key."""

from datatypes.Meta import datatypes

AutoInt = datatypes.AutoInt
