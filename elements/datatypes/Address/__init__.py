"""An address: province, city, district and what follows."""

from datatypes.Meta import datatypes

Address = datatypes.Address
