"""The course's experiments, as they are shipped."""

from __future__ import annotations

from importlib import resources

import pytest

from engine import checks, datasets
from engine.checks.shapes import outline
from engine.experiment import toml_file as files
from engine.experiment.setting_paths import differences


def test_every_file_is_a_preset_in_teaching_order() -> None:
    shipped = {
        file.name[:-5]
        for file in resources.files("engine.experiment.presets").iterdir()
        if file.name.endswith(".toml")
    }
    assert tuple(files.presets()) == files.PRESETS
    assert shipped == set(files.PRESETS)
    assert len(files.PRESETS) == 21


@pytest.mark.parametrize("name", files.PRESETS)
def test_a_preset_is_ready_to_run(name: str) -> None:
    preset = files.load(name)
    assert 40 < len(preset.about) < 300
    assert preset.about.endswith(".")
    assert "\n" not in preset.about
    assert preset.data.validation is None
    assert datasets.entry(preset.data.dataset) is not None
    assert outline(preset).complete
    said = [finding.message for finding in checks.before(preset)]
    assert said == (["a bottleneck: 4 units below 46 classes"] if name == "reuters-bottleneck" else [])
    assert files.parse(files.dumps(preset), name) == preset


def test_presets_differ_by_what_their_names_say() -> None:
    presets = files.presets()
    assert len({preset.name for preset in presets.values()}) == len(presets)
    assert outline(presets["imdb"]).total == 160_305
    assert [layer.units for layer in presets["reuters"].layers] == [64, 64, 46]
    boston = presets["boston"].training
    assert (boston.loss, boston.metrics, boston.batch_size) == ("mse", ("mae",), 16)
    assert list(differences(presets["imdb"], presets["imdb-mse"])) == ["training.loss"]
    assert list(differences(presets["reuters"], presets["reuters-128"])) == [
        "layers.0.units",
        "layers.1.units",
    ]
