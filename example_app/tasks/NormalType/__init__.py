"""The shop's own version of an official Type: every `tasks.NormalType` element of the app is built by it."""

from .loader import Loader
from .normaltask import NormalTask
