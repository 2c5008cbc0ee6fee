"""Models that validate the content of a run's files.

Importing this module imports pydantic: import it lazily.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.events import EpochEnded, Preparing, Progress


class EpochMeta(BaseModel):
    """Metadata in an epoch's file: the epoch, the best epoch so far, and the number of arrays that follow."""

    model_config = ConfigDict(strict=True)

    best_epoch: Annotated[int, Field(ge=1)]
    ended: EpochEnded
    weights: Annotated[int, Field(ge=0, lt=100_000)]
    optimizer: Annotated[int, Field(ge=0, lt=1_000_000)]


PROGRESS: TypeAdapter[Preparing | Progress] = TypeAdapter(Preparing | Progress)
"""Validates ``progress.json``, by which a run tells other processes how far it is."""
