"""The experiment as a list: data, layers with shapes and parameters, loss, training, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from engine.checks.shapes import LayerOutline, Outline
from engine.events import DataFacts
from engine.experiment.layer_words import layer_line
from engine.experiment.layers import Layer
from engine.experiment.model import Experiment
from engine.system.plain_text import plain
from workbench.text.describe import data_lines, loss_line, shape, split_line, training_lines
from workbench.tui.keymap import key_of
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, WARN
from workbench.tui.widgets.moves import moves
from workbench.tui.widgets.row_list import Row, Rows

if TYPE_CHECKING:
    from engine.checks import Finding

MARKS = {"error": ("✗", BAD), "warning": ("!", WARN), "advice": ("·", MUTED)}
"""The sign and the colour of each level of finding."""

LABEL = 7
"""The width of the labels of data, loss and training, in cells."""


class LayerStack(Rows, inherit_bindings=False):
    """The experiment's panel; its row keys are ``data``, ``layer-0``, ..., ``loss``, ``train``, ``finding-0``."""

    BORDER_TITLE = "Experiment"
    BINDINGS = moves(letters=False, top="home")

    def __init__(self, experiment: Experiment, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._experiment = experiment
        self._outline = Outline(None, (), 0)
        self.findings: tuple[Finding, ...] = ()
        self._facts: DataFacts | None = None
        self._problem = self._ready = ""
        self._form: tuple[str, int | None] = ("", None)

    @property
    def index(self) -> int | None:
        """The index of the layer under the cursor."""
        return int(self.key.removeprefix("layer-")) if self.key.startswith("layer-") else None

    @property
    def ready(self) -> bool:
        """Whether no finding prevents a run."""
        wrong = any(finding.level == "error" for finding in self.findings)
        return not self._problem and not self._outline.problem and not wrong

    @property
    def finding(self) -> Finding | None:
        """The finding under the cursor."""
        if not self.key.startswith("finding-"):
            return None
        return self.findings[int(self.key.removeprefix("finding-"))]

    def show(
        self,
        experiment: Experiment,
        outline: Outline,
        findings: tuple[Finding, ...],
        facts: DataFacts | None,
        problem: str,
        ready: str,
        cursor: str | None = None,
        form: tuple[str, int | None] = ("", None),
    ) -> None:
        """Show an experiment; ``problem`` says why its data cannot be read, ``ready`` the estimated cost of a run.

        ``form`` is the kind of the data and the number of its columns, once it is read.
        """
        self._form = form
        self._experiment, self._outline, self.findings = experiment, outline, findings
        self._facts, self._problem, self._ready = facts, problem, ready
        self.rebuild(cursor)

    def build(self, width: int) -> list[Row]:
        """Return the rows of all parts of the experiment."""
        experiment = self._experiment
        first, second = data_lines(experiment.data, self._facts, *self._form)
        data = [first, second, *([split_line(self._facts)] if self._facts else [])]
        none = Row.note(f"  no layers yet: {key_of(self, 'stack.add')} adds one", "none")
        return [
            Row("data", tuple(_labelled("Data", data, width))),
            *self._layers(width),
            *([] if experiment.layers else [none]),
            Row("loss", tuple(_labelled("Loss", [loss_line(experiment.training)], width))),
            Row("train", tuple(_labelled("Train", training_lines(experiment.training, experiment.seed), width))),
            Row("gap", (Content(""),), False),
            *self._finding_rows(width),
        ]

    def _layers(self, width: int) -> Iterator[Row]:
        """Yield the stack under its heading, with columns of sizes as narrow as possible, and the total."""
        stack = self._experiment.layers
        outlines = self._outline.layers or (LayerOutline(None, None),) * len(stack)
        cells = [_size_cells(layer, outline) for layer, outline in zip(stack, outlines, strict=True)]
        total = ("total", f"{self._outline.total:,}")
        sizes = [max(len(row[column]) for row in (("out", "params"), *cells, total)) for column in (0, 1)]

        def line(name: str, values: tuple[str, str], style: str = "") -> Content:
            out, params = (value.rjust(size) for value, size in zip(values, sizes, strict=True))
            room = max(width - sizes[0] - sizes[1] - 4, 0)
            fitted = Content.styled(plain(name), style).truncate(room, ellipsis=True)
            return fitted.pad_right(max(room - fitted.cell_length, 0)) + Content.styled(f" {out}  {params}", style)

        yield Row("head", (line("Layers", ("out", "params"), MUTED),), False)
        for index, (layer, outline) in enumerate(zip(stack, outlines, strict=True)):
            style = "" if layer.enabled else MUTED
            room = max(width - sizes[0] - sizes[1] - 4, 10)
            name, *more = _broken_words(f"{index + 1:>2} {layer_line(layer)}", "   ", room)
            lines = [line(name, cells[index], style), *(Content.styled(rest, style) for rest in more)]
            if outline.problem:
                lines += _wrapped(f"   ✗ {plain(outline.problem)}", "     ", width, BAD)
            yield Row(f"layer-{index}", tuple(lines))
        yield Row("total", (line("", total, MUTED),), False)

    def _finding_rows(self, width: int) -> Iterator[Row]:
        if self._problem:
            yield Row("problem", tuple(_wrapped(f"✗ {plain(self._problem)}", "  ", width, BAD)), False)
        elif self.ready:
            yield Row("ready", (Content.styled(f"✓ {self._ready}", GOOD),), False)
        for index, finding in enumerate(self.findings):
            mark, colour = MARKS[finding.level]
            lines = _wrapped(f"{mark} {plain(finding.message)}", "  ", width, colour)
            if finding.fix:
                fix = _broken_words(plain(finding.fix.label), "", width - 4)
                lines.append(
                    Content.assemble("  ", (key_of(self, "stack.fix"), "bold $accent"), (f" {fix[0]}", MUTED))
                )
                lines += [Content.styled(f"    {rest}", MUTED) for rest in fix[1:]]
            yield Row(f"finding-{index}", tuple(lines))


def _labelled(label: str, lines: tuple[str, ...] | list[str], width: int) -> Iterator[Content]:
    """Yield a part's lines beside its label, wrapped at their dots; the first one is emphasized."""
    room = max(width - LABEL, 10)
    shown = [(part, not index) for index, line in enumerate(lines) for part in _broken(plain(line), room)]
    for index, (line, first) in enumerate(shown):
        head = Content.styled((label if not index else "").ljust(LABEL), MUTED)
        yield head + Content.styled(line, "" if first else MUTED)


def _broken(line: str, room: int) -> list[str]:
    lines: list[str] = []
    for part in line.split(" · "):
        if lines and len(lines[-1]) + len(part) + 3 <= room:
            lines[-1] += f" · {part}"
        else:
            lines.append(part)
    return lines


def _size_cells(layer: Layer, outline: LayerOutline) -> tuple[str, str]:
    """Format a layer's output shape and its number of parameters."""
    if not layer.enabled:
        return "off", "–"
    params = "?" if outline.params is None else f"{outline.params:,}" if outline.params else "–"
    return shape(outline.shape), params


def _wrapped(text: str, indent: str, width: int, style: str) -> list[Content]:
    return [Content.styled(line, style) for line in _broken_words(text, indent, width - 1)]


def _broken_words(text: str, indent: str, room: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(room, 10), subsequent_indent=indent, drop_whitespace=True)
