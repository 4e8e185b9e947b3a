"""django_firefly_tasks on PostgreSQL or SQLite: one consumer a worker."""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parent))

import course
import django
from django.conf import settings


def _database(url: str) -> dict[str, object]:
    if url.startswith("sqlite"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username,
        "HOST": parts.hostname, "PORT": parts.port,
    }  # fmt: skip


class Peer(course.Peer):
    distribution = "django-firefly-tasks"
    setting = "the nap of 1 ms it comes with"

    def __init__(self, url: str) -> None:
        super().__init__(url)
        settings.configure(
            BASE_DIR=Path(__file__).parent,
            DATABASES={"default": _database(url)},
            INSTALLED_APPS=["django_firefly_tasks"],
            USE_TZ=True,
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )
        django.setup()
        from django_firefly_tasks.decorators import task

        self._nothing = task()(course.performed)

    def set_up(self) -> None:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)

    def one(self, delay: float = 0.0) -> None:
        from django.utils import timezone

        if delay:
            self._nothing.schedule(eta=timezone.now() + timedelta(seconds=delay))
        else:
            self._nothing.schedule()

    def work(self) -> None:
        from django.core.management import call_command

        call_command("consume_tasks")


if __name__ == "__main__":
    course.run(Peer)
