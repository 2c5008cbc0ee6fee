"""What is registered in several files is registered in all of them."""

from __future__ import annotations

from typing import get_args

from engine import exporting
from engine.checks.setting_rules import LEARNING_RATES
from engine.experiment.keras_names import OPTIMIZER_CLASSES, WITH_MOMENTUM, OptimizerName
from workbench.commands.export import export


def test_every_optimizer_has_a_class_and_usual_learning_rates() -> None:
    names = set(get_args(OptimizerName))
    assert set(OPTIMIZER_CLASSES) == set(LEARNING_RATES) == names
    assert set(WITH_MOMENTUM) <= names


def test_every_form_of_export_is_described_on_the_screen_and_by_the_command() -> None:
    assert list(exporting.DESCRIPTIONS) == list(exporting.FORMS)
    assert set(exporting.SEVERAL) <= set(exporting.FORMS)
    described = str(export.__annotations__["to"])
    assert [form for form in exporting.FORMS if form not in described] == []
