"""Hypothesis strategies: any experiment, and any part of one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.experiment import layers
from engine.experiment.model import ColumnSettings, Data, EarlyStopping, ReduceOnPlateau, Training

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
amounts = st.floats(0, 0.99)


@st.composite
def instances(draw: st.DrawFn, model: Any) -> Any:
    """Any instance of a layer or section of an experiment."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        values[name] = draw(st.just(field.default) | _other(model, name, field))
    return model(**values)


def _other(model: Any, name: str, field: Any) -> st.SearchStrategy[Any]:
    choices = getattr(field.annotation, "__args__", ())
    if all(isinstance(choice, str) for choice in choices) and choices:
        return st.sampled_from(choices)
    if field.annotation is bool or name in ("header", "indicator"):
        return st.booleans()
    if field.annotation is int:
        return st.integers(10, 1000)
    if field.annotation is float:
        return st.floats(0.001, 0.99)
    if model is ColumnSettings and name == "missing":
        return st.just("median")
    return {
        "ignore": st.lists(names, max_size=2).map(tuple), "missing": st.lists(names, max_size=2).map(tuple),
        "columns": st.dictionaries(names, instances(ColumnSettings), max_size=1),
        "class_weight": st.just("balanced") | st.dictionaries(names, amounts, min_size=1, max_size=2),
        "role": st.sampled_from(["number", "ignored"]), "rare": st.integers(1, 99),
        "fill": amounts | names, "scaling": st.just("robust"), "task": st.just("regression"),
        "separator": st.just(";"), "charset": st.just("utf-8"), "decimal": st.just(","),
        "sheet": names, "split_group": names, "split_time": names, "split_column": names, "validation_file": names,
        "test_file": names, "vectors": texts, "text": texts, "target": texts, "dataset": texts,
        "name": texts, "about": texts,
        "validation": st.none() | st.integers(1, 10**9) | st.floats(0, 1, exclude_min=True, exclude_max=True),
        "rows": st.integers(4, 1000),
        "metrics": st.lists(st.sampled_from(["accuracy", "auc", "mae"])).map(tuple),
        "early_stopping": st.builds(EarlyStopping, patience=st.integers(0, 9), min_delta=amounts),
        "reduce_on_plateau": st.builds(ReduceOnPlateau, patience=st.integers(0, 9), min_learning_rate=amounts),
        "data": instances(Data), "training": instances(Training),
        "layers": st.lists(st.sampled_from(list(layers.KINDS.values())).flatmap(instances), max_size=4).map(tuple),
    }[name]  # fmt: skip
