"""Models whose table is made by the app: `class OrderModel(NormalModel)` with datatype fields in model.py."""

from jitai_tasks.models.normal import NormalModel

from .loader import Loader

__all__ = ["Loader", "NormalModel"]
