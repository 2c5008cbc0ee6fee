"""The status line: progress, speed and remaining time of the run, or an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from textual.content import Content

from engine.datasets.undefined_metrics import with_undefined
from engine.events import Preparing, Status
from engine.system.plain_text import plain
from workbench.text.numbers import number, with_margin
from workbench.tui.keymap import key_of
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.widgets.colours import BAD, GOOD, MUTED, WARN
from workbench.tui.widgets.partial_repaint import ChangingLine

BAR = 30
"""The maximum width of the bar in cells."""


class ProgressLine(ChangingLine):
    """The progress line of the run that is shown."""

    @property
    def line(self) -> Content:
        """The displayed content."""
        return self._content

    def show(
        self,
        snapshot: Snapshot | None,
        idle: str = "",
        paused: bool = False,
        margins: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Show a run's progress; ``idle`` is the text if there is none.

        ``margins`` are half the widths of the 95 % intervals of an ended run's values, by history name.
        """
        if snapshot is None:
            self.put(Content.styled(f" {plain(idle)}", MUTED))
        elif snapshot.status is Status.FAILED:
            reason = plain(snapshot.reason.partition("\n")[0])
            more = (("  ", ""), (key_of(self, "run.details"), "bold $accent"), (" more", MUTED))
            self.put(Content.assemble((" ✗ failed: ", f"bold {BAD}"), (reason, BAD), *more))
        elif snapshot.ended:
            self.put(self._over(snapshot, margins))
        else:
            going = self._going(snapshot)
            words = (f" paused: {key_of(self, 'run.pause')} resumes", f"bold {WARN}")
            self.put(Content.assemble(words, " ", going) if paused else going)

    def _over(self, snapshot: Snapshot, margins: Mapping[str, float]) -> Content:
        finished = snapshot.status is Status.FINISHED
        epochs = len(snapshot.epochs)
        count = f"{epochs} epoch{'s' * (epochs != 1)}"
        if finished and snapshot.kind == "retrain":
            words = [Content.styled(f" ✓ retrained for {count}", f"bold {GOOD}")]
        else:
            how = Content.styled(
                " ✓ finished" if finished else " ■ stopped", f"bold {GOOD}" if finished else MUTED
            )
            words = [how, Content(count)]
        best = next((ended for ended in snapshot.epochs if ended.epoch == snapshot.best_epoch), None)
        if best:
            values = _with_margins(_named(best.logs, "val_", snapshot), margins, "val_")
            words.append(Content.assemble((f"best {best.epoch}: ", MUTED), values))
        if snapshot.tested:
            tested = with_undefined(snapshot.tested.scores, snapshot.experiment.training.metrics)
            scores = _with_margins(tested.items(), margins, "test_")
            words.append(Content.assemble(("test ", "bold $accent"), scores))
        if snapshot.reason:
            words.append(Content.styled(plain(snapshot.reason), MUTED))
        return Content.styled(" · ", MUTED).join(words)

    def _going(self, snapshot: Snapshot) -> Content:
        stage, progress = snapshot.stage, snapshot.progress
        if snapshot.past:
            return Content.styled(f" reading run {snapshot.run} ...", MUTED)
        width = min(BAR, max(self.size.width // 6, 8))
        if stage is not None or progress is None:
            return _preparing(stage, width)
        epochs = snapshot.started.epochs if snapshot.started else progress.epoch
        within = progress.samples / max(progress.total_samples, 1)
        ended = snapshot.epochs[-1].epoch if snapshot.epochs else 0
        done = max(progress.epoch - 1 + within, ended) / max(epochs, 1)
        words = [bar(done, width), Content(f"{progress.samples_per_second:,.0f} samples/s")]
        validated = dict(_named(snapshot.epochs[-1].logs, "val_", snapshot)) if snapshot.epochs else {}
        for name, value in _named(progress.logs, "", snapshot):
            said = f"{name} {number(value, 3)}"
            words.append(Content(said + (f" val {number(validated[name], 3)}" if name in validated else "")))
        return Content(" ") + Content("  ").join(words)


def _with_margins(values: Iterable[tuple[str, float]], margins: Mapping[str, float], prefix: str) -> Content:
    """Format values by name, each with its margin if known: ``loss 0.293 accuracy 0.886 ±0.006``."""
    return Content(" ").join(
        Content.assemble((f"{plain(name)} ", MUTED), (with_margin(value, margins.get(prefix + name)), "bold"))
        for name, value in values
    )


def _preparing(stage: Preparing | None, width: int) -> Content:
    words = plain(stage.stage) if stage else "starting"
    if not stage or not stage.total:
        return Content.styled(f" {words} ...", MUTED)
    done = stage.done / stage.total
    return Content.assemble(" ", bar(done, width), (f" {words} {done:.0%}", MUTED))


def bar(share: float, width: int) -> Content:
    """Return a bar of ``width`` cells, with ``share`` of it filled."""
    full = round(min(max(share, 0), 1) * width)
    return Content.assemble(("▓" * full, "$primary"), ("░" * (width - full), MUTED))


def _named(logs: Mapping[str, float], prefix: str, snapshot: Snapshot) -> list[tuple[str, float]]:
    """Return the loss and the first metric, if they are there."""
    names = ("loss", *snapshot.experiment.training.metrics[:1])
    known = with_undefined(logs, names)
    return [(name, known[prefix + name]) for name in names if prefix + name in known]
