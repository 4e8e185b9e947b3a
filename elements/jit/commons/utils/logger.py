"""The log of applications: `from jit.commons.utils.logger import log`."""

import logging

__all__ = ["log"]

log = logging.getLogger("jit")
# Everything is passed on; the run of a task keeps it all, other listeners choose their own level.
log.setLevel(logging.DEBUG)
