"""Runs that survive: the store of experiments, curves and models, and what is done with stored runs.

Importing this package imports neither TensorFlow nor SQLAlchemy; opening a store imports SQLAlchemy.
"""

from engine.events import Recorded
from engine.runs.records import RunRecord, RunSummary
from engine.runs.store import RunStore

__all__ = ["Recorded", "RunRecord", "RunStore", "RunSummary"]
