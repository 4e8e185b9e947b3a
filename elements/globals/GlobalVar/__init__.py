"""What a function can know about its surroundings: the running task, the time, the user."""

from .globalvar import GlobalVar, currentTask, currentTime, currentUser

__all__ = ["GlobalVar", "currentTask", "currentTime", "currentUser"]
