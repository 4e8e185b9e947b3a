"""Everything that the official scheduled task does, and the clerk on duty signs what was done."""

from official.tasks.NormalType import NormalTask as OfficialNormalTask

CLERKS = ("Mila", "Noor", "Olek")


class NormalTask(OfficialNormalTask):
    def handle(self, task):
        clerk = CLERKS[task.startTime.value.minute % len(CLERKS)]
        log.info("%s starts: %s, planned for %s", clerk, self.title, task.startTime)
        done = super().handle(task)
        return f"{done} ({clerk})" if isinstance(done, str) else done
