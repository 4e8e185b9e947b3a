"""The family of datatypes: `datatypes.Stext`, `datatypes.Datetime` and so on declare fields and hold values."""

from jitai_tasks.models.datatypes import Datatype, datatypes

from .loader import Loader

__all__ = ["Datatype", "Loader", "datatypes"]
