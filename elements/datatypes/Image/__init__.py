"""Descriptions of stored images."""

from datatypes.Meta import datatypes

Image = datatypes.Image
