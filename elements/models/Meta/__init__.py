"""The family of models: tables whose rows are objects with fields. `Q` and `F` make filters."""

from jitai_tasks.models.change import Change, Operate
from jitai_tasks.models.q import F, Q

from .loader import Loader

__all__ = ["Change", "F", "Loader", "Operate", "Q"]
