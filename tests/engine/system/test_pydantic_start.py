"""Pydantic's search for plugins, left out in the workbench's own process."""

from __future__ import annotations

from importlib import import_module

from engine.system.pydantic_start import LOADER
from tests.fresh_process import printed


def test_models_are_made_without_reading_what_is_installed() -> None:
    code = (
        "import sys; from engine.system.pydantic_start import without_plugins; without_plugins();"
        "from engine.experiment.model import Experiment; Experiment(name='made');"
        "print(sorted({'importlib.metadata', 'email', 'pydantic'} & sys.modules.keys()))"
    )
    assert printed(code).strip() == "['pydantic']", f"Pydantic finds its plugins elsewhere than in {LOADER}"


def test_the_private_name_is_where_it_was() -> None:
    assert callable(import_module(LOADER).get_plugins)
