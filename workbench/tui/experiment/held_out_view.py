"""A view of all held-out predictions: a histogram, a confusion matrix, or predicted against true values."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from engine.prediction import held_out as metrics
from engine.prediction.answers import HeldOut, Samples
from engine.system.plain_text import plain
from workbench.text.widths import fitted, widest
from workbench.tui.widgets.chart import Chart, Line, Picture
from workbench.tui.widgets.class_table import accuracy_line, class_lines
from workbench.tui.widgets.colours import BAD, GOOD, MUTED
from workbench.tui.widgets.scrolling_text import Prose

MATRIX = 5
"""The most classes that are shown as a matrix; if there are more, the most confused pairs are listed."""

PAIRS = 10
"""The most pairs that are listed."""

POINTS = 500
"""The most samples drawn in a plot of predicted against true values."""


class HeldOutView(Vertical):
    """Shows the view "spread" or "classes"; for regression, predicted against true values."""

    _shown: tuple[HeldOut | None, Samples | None, str] = (None, None, "")

    def compose(self) -> ComposeResult:
        """Yield a text and a plot, of which one is shown."""
        yield Prose(id="held-words")
        yield Chart(id="held-plot")

    def on_resize(self) -> None:
        """Fit the new width."""
        self.show(*self._shown)

    def show(self, held_out: HeldOut | None, samples: Samples | None, view: str) -> None:
        """Show all predictions of an epoch."""
        self._shown = (held_out, samples, view)
        words, plot = self.query_one("#held-words"), self.query_one("#held-plot", Chart)
        plot.display = held_out is not None and samples is not None and samples.task == "regression"
        words.display = not plot.display
        width = max(self.size.width - 3, 20)
        if held_out is None or samples is None:
            self._say([Content.styled("run first: all held-out predictions appear here", MUTED)])
        elif plot.display:
            plot.show(_predicted_against_true(held_out))
        elif view == "spread":
            self._say(_histogram(held_out, width))
        else:
            self._say(_classes(held_out, samples, width))

    def _say(self, lines: list[Content] | Iterator[Content]) -> None:
        self.query_one(Prose).put(Content("\n").join(list(lines)))


def title(held_out: HeldOut | None, samples: Samples | None, view: str) -> str:
    """Return a view's title."""
    if held_out is None or samples is None:
        return "All predictions"
    if samples.task == "regression":
        return "Predicted (up) against true"
    if view == "classes":
        many = len(samples.labels) > MATRIX
        return "Confused most often" if many else "True (down), predicted (across)"
    one = held_out.outputs.shape[1] == 1
    what = f"P({plain(samples.labels[-1])})" if one and samples.labels else "P(predicted)"
    return f"{what} · ▓ right ░ wrong"


def _histogram(held_out: HeldOut, width: int) -> Iterator[Content]:
    bars = metrics.histogram(held_out)
    most = max(bar.right + bar.wrong for bar in bars) or 1
    rights, wrongs = [bar.right for bar in bars], [bar.wrong for bar in bars]
    sizes = [max(len(f"{count:,}") for count in counts) for counts in (rights, wrongs)]
    room = max(width - 11 - sum(sizes), 4)
    for bar in bars:
        full = round(bar.right / most * room)
        wrong = max(round((bar.right + bar.wrong) / most * room) - full, int(bar.wrong > 0))
        yield Content.assemble(
            (f"{bar.low:.1f}–{bar.high:.1f} ", MUTED),
            ("▓" * full, GOOD),
            ("░" * wrong, BAD),
            " " * (room + 1 - full - wrong),
            f"{bar.right:>{sizes[0]},}",
            (f" +{bar.wrong:<{sizes[1]},}" if bar.wrong else "", BAD),
        )


def _classes(held_out: HeldOut, samples: Samples, width: int) -> Iterator[Content]:
    from engine.evaluation.class_table import class_table
    from engine.evaluation.split_outputs import SplitOutputs

    threshold = held_out.decision.threshold
    answers = SplitOutputs(
        held_out.split, held_out.indices, held_out.targets, held_out.outputs, samples.labels, threshold
    )
    table = class_table(answers)
    names = [plain(label) for label in table.labels]
    if len(names) <= MATRIX:
        yield from _matrix(table.confusion.tolist(), names, width)
    else:
        for true, said, count in metrics.confused(table.confusion, PAIRS):
            yield Content.assemble(f"{names[true]} → ", (names[said], "bold"), (f"  {count:,}", BAD))
    yield Content("")
    yield from class_lines(table, width)
    yield accuracy_line(table)


def _matrix(rows: list[list[int]], names: list[str], width: int) -> Iterator[Content]:
    first = min(widest(names, 8), max((width - 1) // (len(rows) + 1), 8))
    column = max((width - 1 - first) // len(rows), 6)
    heads = "".join(" " + fitted(name, column - 1, right=True) for name in names)
    yield Content.styled(f"{'':{first}}{heads}", MUTED)
    for true, (name, counts) in enumerate(zip(names, rows, strict=True)):
        cells = [
            Content.styled(f"{count:,}".rjust(column), "bold" if said == true else BAD if count else MUTED)
            for said, count in enumerate(counts)
        ]
        yield Content(fitted(name, first)) + Content("").join(cells)


def _predicted_against_true(held_out: HeldOut) -> Picture:
    true = [float(value) for value in held_out.targets[:POINTS]]
    said = [float(value) for value in held_out.outputs[:POINTS, 0]]
    low, high = min(true), max(true)
    high = high if high > low else low + 1
    ideal = Line((low, high), (low, high), "foreground-muted")
    samples = Line(tuple(true), tuple(said), "warning", points=True, joined=False)
    return Picture((ideal, samples), low, high, whole=False, hint="no samples")
