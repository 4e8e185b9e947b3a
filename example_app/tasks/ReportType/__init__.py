"""A Type of the shop's own: a scheduled task without a function, which reports what its e.json says."""

from .loader import Loader
from .reporttask import ReportTask
