"""The run store (experiments, curves and models, kept on disk) and operations on stored runs.

Importing this package imports neither TensorFlow nor SQLAlchemy; opening a store imports SQLAlchemy.
"""

from engine.events import Recorded
from engine.runs.records import RunRecord, RunSummary
from engine.runs.store import RunStore

__all__ = ["Recorded", "RunRecord", "RunStore", "RunSummary"]
