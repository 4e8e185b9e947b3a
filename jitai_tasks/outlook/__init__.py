"""Seeing the future, and why something has not run: answers that the command line and other views only show."""

from .agenda import Day, Entry, agenda
from .deadlines import Missed, missed, notice
from .explaining import Explanation, explain
from .future import FutureRun, next_of_all, next_runs
from .health import Finding, Health, health
from .simulating import SimulatedRun, Simulation, SkippedRange, simulate, simulated_runs
from .why import Answer, Cause, Reason, why

__all__ = [
    "Answer", "Cause", "Day", "Entry", "Explanation", "Finding", "FutureRun", "Health", "Missed", "Reason",
    "SimulatedRun", "Simulation", "SkippedRange", "agenda", "explain", "health", "missed", "next_of_all", "next_runs",
    "notice", "simulate", "simulated_runs", "why",
]  # fmt: skip
