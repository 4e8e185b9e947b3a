"""Contracts with suppliers; they expire."""

from datatypes.Meta import datatypes
from models.NormalType import NormalModel


class Contract(NormalModel):
    id = datatypes.AutoInt(name="id", title="ID", primaryKey=True, readOnly=1)
    supplier = datatypes.Stext(name="supplier", title="Supplier")
    ends = datatypes.Date(name="ends", title="Ends")
    status = datatypes.Dropdown(name="status", title="Status", default="active")
