"""Meetings in the back room."""

from datatypes.Meta import datatypes
from models.NormalType import NormalModel


class Meeting(NormalModel):
    id = datatypes.AutoInt(name="id", title="ID", primaryKey=True, readOnly=1)
    title = datatypes.Stext(name="title", title="Title")
    start = datatypes.Datetime(name="start", title="Start")
    status = datatypes.Dropdown(name="status", title="Status", default="planned")
