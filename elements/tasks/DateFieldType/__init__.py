"""Date-field tasks: they run for each row of a model when the date in one of its fields comes."""

from .datefieldtask import DateFieldTask
from .loader import Loader

__all__ = ["DateFieldTask", "Loader"]
