"""What the files of a run say of it, checked for its form when it is read.

Importing this module imports pydantic: do it late.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.events import EpochEnded, Preparing, Progress


class EpochMeta(BaseModel):
    """What an epoch's file says of itself: the epoch, the best so far, and how many arrays follow."""

    model_config = ConfigDict(strict=True)

    best_epoch: Annotated[int, Field(ge=1)]
    ended: EpochEnded
    weights: Annotated[int, Field(ge=0, lt=100_000)]
    optimizer: Annotated[int, Field(ge=0, lt=1_000_000)]


PROGRESS: TypeAdapter[Preparing | Progress] = TypeAdapter(Preparing | Progress)
"""How far a run is, as it tells others."""
