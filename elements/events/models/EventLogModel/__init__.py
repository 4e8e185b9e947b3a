"""Calls of asynchronous events, as rows: `app.getElement("events.models.EventLogModel").query("Q(status='fail')")`."""

RECORDS = "calls"
