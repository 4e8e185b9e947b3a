"""A licence plate."""

from datatypes.Meta import datatypes

LicensePlate = datatypes.LicensePlate
