"""The class of temporary tasks."""

import logging

from tasks.Meta import BaseTask

__all__ = ["TemporaryTask"]


class TemporaryTask(BaseTask):
    """Calls its function once, with exactly the arguments it was created with, however late it is by then.

    It has no next time, and no retry unless it was created with one.
    """

    # There can be thousands in a second.
    loudness = logging.DEBUG
