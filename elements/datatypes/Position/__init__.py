"""A place on the map."""

from datatypes.Meta import datatypes

Position = datatypes.Position
