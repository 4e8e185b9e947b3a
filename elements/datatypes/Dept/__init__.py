"""The id of a department."""

from datatypes.Meta import datatypes

Dept = datatypes.Dept
