"""What happens when a date in a row comes; and somebody who keeps moving the meeting."""

from datetime import timedelta

from jit.commons.utils.logger import log
from jit_utils.time import now
from services.NormalType import NormalService

REMINDED_BEFORE = timedelta(minutes=15)


class CalendarSvc(NormalService):
    def remind(self, rowData):
        """15 minutes before a meeting; called by the task MeetingSoon."""
        log.info("%s begins at %s", rowData.title, rowData.start)
        return f"reminded of {rowData.title}"

    def announce(self, rowData):
        """On the morning of a meeting."""
        return f"today: {rowData.title} at {rowData.start.value:%H:%M}"

    def congratulate(self, rowData):
        """Every year."""
        return f"happy birthday, {rowData.name}"

    def expire(self, rowData):
        """The change of the row and the end of this run are one transaction."""
        rowData.status = "expired"
        rowData.save()
        return f"the contract with {rowData.supplier} has expired"

    def keepMoving(self):
        """Plan a meeting whose reminder comes in 12 seconds; a little later put it off, and the reminder moves."""
        meeting = app.models.Meeting.get(f"Q(status='planned') & Q(start__gt='{now() + REMINDED_BEFORE}')")
        if meeting is None:
            return self._plan()
        if str(meeting.title).endswith("put off)"):
            return f"{meeting.title} stays at {meeting.start}"
        meeting.title = f"{meeting.title} (put off)"
        meeting.start = meeting.start.value + timedelta(seconds=6)
        meeting.save()
        return f"{meeting.title}: the reminder moves to {meeting.start.value - REMINDED_BEFORE}"

    def _plan(self):
        start = now().replace(microsecond=0) + REMINDED_BEFORE + timedelta(seconds=12)
        meeting = app.models.Meeting.create({"title": f"Tasting at {start:%H:%M:%S}", "start": start})
        if app.models.Contract.get("Q(status='active')") is None:
            app.models.Contract.create({"supplier": "Miller & Sons", "ends": now().date()})
        if app.models.Guest.get() is None:
            app.models.Guest.create({"name": "Ada", "born": "1990-02-28"})
        return f"{meeting.title}: the reminder comes at {start - REMINDED_BEFORE}"
