"""The runs that ended, as rows: `app.getElement("tasks.models.TaskHistoryModel").query("Q(status='error')")`."""

RECORDS = "runs"
