"""The jobs that wait or run, as rows: `app.getElement("tasks.models.TaskModel").query("Q(status='waiting')")`."""

RECORDS = "jobs"
