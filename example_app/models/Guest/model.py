"""Guests who come often, and their birthdays."""

from datatypes.Meta import datatypes
from models.NormalType import NormalModel


class Guest(NormalModel):
    id = datatypes.AutoInt(name="id", title="ID", primaryKey=True, readOnly=1)
    name = datatypes.Stext(name="name", title="Name")
    born = datatypes.Date(name="born", title="Birthday")
