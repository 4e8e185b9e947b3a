"""The family of tasks: elements that run by themselves. Every task is a `BaseTask`; a `Timer` reads a `timerCfg`."""

from jitai_tasks.tasks import BaseTask, Refusal, Timer

from .loader import Loader

__all__ = ["BaseTask", "Loader", "Refusal", "Timer"]
