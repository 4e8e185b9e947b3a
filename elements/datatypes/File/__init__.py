"""Descriptions of stored files."""

from datatypes.Meta import datatypes

File = datatypes.File
