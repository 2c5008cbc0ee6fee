"""Samples as a data set has them -> samples as a network reads them; fitted on training samples only."""

from engine.features.base import Encoded, Features
from engine.features.fitting import fit
from engine.features.saved import from_json

__all__ = ["Encoded", "Features", "fit", "from_json"]
