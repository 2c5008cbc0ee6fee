"""The selection screen: live cross-validation and grid search."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from shlex import quote
from typing import Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical

from engine.errors import EngineError, ExperimentError
from engine.experiment.setting_paths import parse_value
from engine.selection.grid import parse
from engine.selection.results import SCORES
from engine.system.plain_text import plain
from engine.system.suggest import unknown
from workbench.terminal import output
from workbench.text.command_line import command, grid_option
from workbench.tui.dialogs.pick import Pick
from workbench.tui.dialogs.text_line import Line
from workbench.tui.keymap import key_of
from workbench.tui.messages import OpenExperiment, RetrainExperiment, WorkBegan
from workbench.tui.selection.cell_list import SelectionCells, cell_experiment, selected, standings
from workbench.tui.selection.curves import Folds, SelectionCurves, curves_of
from workbench.tui.selection.plan_list import AXIS, SelectionSetup, options, value_text
from workbench.tui.selection.progress_line import SelectionLine
from workbench.tui.selection.score_table import SelectionHeat
from workbench.tui.sessions.live_selection import Plan, Seen, Selecting
from workbench.tui.widgets.chart_screen import ChartScreen
from workbench.tui.widgets.mode_screen import Copyable, Stop
from workbench.tui.widgets.row_list import Rows

PACE, SLOW_PACE = 0.25, 1.0
"""Seconds between two polls of a selection: normally, and on a slow connection."""


class SelectionScreen(ChartScreen):
    """A plan, the curves of its folds, its cells while they are scored, and a table of two settings."""

    PANELS = ("Plan", "Curves", "Cells", "Table")
    STOPS = (
        Stop("SelectionSetup", 0),
        Stop("SelectionCurves", 1),
        Stop("SelectionCells", 2),
        Stop("SelectionHeat", 3),
    )
    BINDINGS = [
        Binding("r", "run", "Run", id="selection.run"),
        Binding("s", "stop", "Stop", id="selection.stop"),
        Binding("a", "add", "Add", id="selection.add"),
        Binding("enter", "choose", "Open", key_display="⏎", id="selection.choose"),
        Binding("x", "remove", "Remove", id="selection.remove"),
        Binding("b", "retrain", "Retrain best", id="selection.retrain"),
        Binding("p", "prune", "Pruning: drop the worse half after each fold", show=False, id="selection.prune"),
        Binding("escape", "clear", "Clear the chart's cursor", show=False, id="curves.clear"),
    ]
    DEFAULT_CSS = """
    SelectionScreen {
        #selection-panels { height: 1fr; }
        SelectionSetup, SelectionCurves > Chart, SelectionCells, SelectionHeat {
            border: round $frame; border-title-style: bold; background: $background;
        }
        SelectionSetup:focus, SelectionCells:focus, SelectionHeat:focus { border: round $accent; }
        SelectionSetup { width: 38; }
        #selection-side { width: 1fr; }
        SelectionCurves { height: 1fr; }
        #selection-below { height: 1fr; }
        SelectionCells { width: 1fr; }
        SelectionHeat { display: none; width: auto; max-width: 60%; height: 1fr; }
        &.-searches SelectionHeat { display: block; }
    }
    SelectionScreen.-narrow {
        & SelectionSetup, #selection-side, SelectionCurves, #selection-below, SelectionCells, SelectionHeat {
            display: none; width: 1fr; max-width: 100%; height: 1fr;
        }
        &.-searches SelectionHeat { display: none; }
        &.-panel-0 SelectionSetup { display: block; }
        &.-panel-1 #selection-side, &.-panel-1 SelectionCurves { display: block; }
        &.-panel-2 #selection-side, &.-panel-2 #selection-below, &.-panel-2 SelectionCells { display: block; }
        &.-panel-3 #selection-side, &.-panel-3 #selection-below, &.-panel-3 SelectionHeat { display: block; }
    }
    """
    setup = getters.query_one(SelectionSetup)
    cells = getters.query_one(SelectionCells)

    def __init__(self) -> None:
        super().__init__()
        self.going: Selecting | None = None
        self._plan: Plan | None = None
        self._drawn: Seen | None = None
        self._next_poll = 0.0

    def compose_body(self) -> ComposeResult:
        """Yield the plan, the curves, the cells, the table and the progress line."""
        with Horizontal(id="selection-panels"):
            yield SelectionSetup()
            with Vertical(id="selection-side"):
                yield SelectionCurves()
                with Horizontal(id="selection-below"):
                    yield SelectionCells()
                    yield SelectionHeat()
        yield SelectionLine()

    def on_mount(self) -> None:
        """Show the plan, and poll the selection."""
        self.setup.border_title = "Plan"
        self.setup.focus()
        self.show_plan()
        self.show_seen()
        self.every(PACE, self._poll)

    def on_screen_resume(self) -> None:
        """Take over the current experiment."""
        self.show_plan()
        self.show_seen()

    def on_unmount(self) -> None:
        """Stop a selection that is running."""
        if self.going:
            self.going.stop()

    def copies(self) -> Sequence[Copyable]:
        """Return the equivalent command, the experiment, and the table of scores."""
        from engine.experiment import toml_file

        plan = self.plan
        options = [*_options(plan)]
        verb = "search" if plan.axes else "crossval"
        return [
            Copyable("the command that does the same", lambda: command(verb, plan.experiment, *options), verb),
            Copyable("the experiment as TOML", lambda: toml_file.dumps(plan.experiment), plan.experiment.name),
            *([Copyable("the scores", lambda: self.cells.text)] if self.going else []),
        ]

    # The plan

    @property
    def plan(self) -> Plan:
        """The plan, applied to the experiment of the experiment screen."""
        if self._plan is None or self._plan.experiment is not self.host.experiment:
            self._plan = replace(self._plan or Plan(self.host.experiment), experiment=self.host.experiment)
        return self._plan

    @plan.setter
    def plan(self, plan: Plan) -> None:
        self._plan = plan

    def show_plan(self, cursor: str | None = None) -> None:
        """Show the plan."""
        self.setup.show(self.plan, cursor)

    @on(Rows.Chosen)
    def action_choose(self) -> None:
        """Edit the line under the cursor, or open the cell under it on the experiment screen."""
        if self.cells.has_focus:
            self._open(self.cells.key)
        else:
            self._edit(self.setup.key)

    def _edit(self, key: str) -> None:
        plan = self.plan
        if key.startswith(AXIS):
            self._type_values(key.removeprefix(AXIS))
        elif key == "add":
            self.action_add()
        elif key == "experiment":
            self.app.switch_mode("experiment")
        elif key == "prune":
            self.action_prune()
        elif key == "fresh":
            self.plan = replace(plan, fresh=not plan.fresh)
            self.show_plan()
        elif key in ("folds", "jobs", "cluster", "score"):
            self._type_setting(key)

    @work
    async def _type_setting(self, key: str) -> None:
        titles = {
            "folds": ("Folds", str(self.plan.parts), "a whole number from 2: folds, each held out in turn"),
            "jobs": ("Processes", str(self.plan.jobs), "networks trained at a time; -1: one per processor"),
            "cluster": (
                "Dask cluster",
                self.plan.cluster,
                "a host and a port, as in tcp://host:8786; empty: none",
            ),
            "score": (
                "Ranked by",
                self.plan.score,
                "loss or a metric, as in accuracy or mae; empty: the experiment's first",
            ),
        }
        line = Line(*titles[key], lambda text: _setting(key, text)[0])
        if (typed := await self.app.push_screen_wait(line)) is not None:
            self.plan = replace(self.plan, **{key: _setting(key, typed)[1]})
            self.show_plan()

    @work
    async def action_add(self) -> None:
        """Choose a setting, and type its values."""
        found = await self.app.push_screen_wait(
            Pick("Search which setting?", options(self.plan.experiment, self.plan.axes))
        )
        if found is not None:
            self._type_values(found)

    @work
    async def _type_values(self, name: str) -> None:
        """Type the values of a setting; ``a+b=1, 2`` also changes which paths are set."""
        text = ", ".join(map(value_text, self.plan.axes.get(name, ())))
        line = Line(
            f"Values of {name}", text, "as in 32, 64, 256: values separated by commas", partial(self._wrong, name)
        )
        if typed := await self.app.push_screen_wait(line):
            plan, axis = self._with_values(name, typed)
            self._change(plan, AXIS + axis)
            self.go_to_panel(0)

    def _with_values(self, name: str, typed: str) -> tuple[Plan, str]:
        """Return the plan with these values of a setting, and its name. Raises EngineError if they do not fit."""
        ((now, values),) = parse([typed if "=" in typed else f"{name}={typed}"]).items()
        kept = {now if key == name else key: old for key, old in self.plan.axes.items()}
        plan = replace(self.plan, axes=kept | {now: tuple(values)})
        plan.grid()
        return plan, now

    def _wrong(self, name: str, typed: str) -> str:
        """Return what is wrong with the values of a setting; empty if nothing is."""
        try:
            self._with_values(name, typed)
        except ExperimentError as error:
            return str(error.mistakes[0])
        except EngineError as error:
            return str(error)
        return ""

    def action_prune(self) -> None:
        """Switch pruning on or off, and move to that line of the plan."""
        if not self.plan.axes:
            self.warn(
                f"a search is pruned, not a cross-validation: {key_of(self, 'selection.add')} adds a setting"
            )
            return
        self.plan = replace(self.plan, prune=not self.plan.prune)
        self.show_plan("prune")
        self.go_to_panel(0)

    def action_remove(self) -> None:
        """Remove the setting under the cursor from the grid."""
        name = self.setup.key.removeprefix(AXIS)
        if self.setup.has_focus and name in self.plan.axes:
            axes = {key: values for key, values in self.plan.axes.items() if key != name}
            self._change(replace(self.plan, axes=axes))

    def _change(self, plan: Plan, cursor: str | None = None) -> None:
        """Show a plan with other settings; notify the user if that changes the default number of folds."""
        before, self.plan = self.plan.parts, plan
        self.show_plan(cursor)
        if plan.parts != before:
            kind = "a search" if plan.axes else "cross-validation"
            self.notify(f"Folds: {plan.parts}, the default for {kind}, instead of {before}; set them under Folds")

    # Carrying it out

    def action_run(self) -> None:
        """Run the plan, in processes of its own."""
        if self.going and not self.going.done.is_set():
            self.warn(f"a selection is running: stop it first ({key_of(self, 'selection.stop')})")
            return
        try:
            going = Selecting(self.plan)
        except EngineError as error:
            self.warn(str(error))
            return
        self.going = going
        self.post_message(WorkBegan(going))
        self.run_worker(going.run, thread=True, exit_on_error=False, group="selection")
        self._poll()
        if self.narrow and self.panel == 0:
            self.go_to_panel(2 if going.plan.axes else 1)

    def action_stop(self) -> None:
        """Stop; what is trained is kept, and the same search resumes from there."""
        if self.going:
            self.going.stop()
            self.show_seen()

    def _poll(self) -> None:
        """Show what has changed; less often on a slow terminal."""
        going, now = self.going, time.monotonic()
        if going is None or now < self._next_poll or going.seen is self._drawn:
            return
        self._next_poll = now + output.pace(PACE, SLOW_PACE if self.host.slow_link else 0) - PACE / 2
        self.show_seen()

    def show_seen(self) -> None:
        """Show the current state of the selection."""
        seen = self.going.seen if self.going else None
        ends = seen and seen.status.ended and not (self._drawn and self._drawn.status.ended)
        self._drawn = seen
        self.cells.show(seen)
        if seen and ends and (best := next(iter(standings(seen)), None)):
            self.cells.move_to(str(best.number))
        self.set_class(bool(seen and seen.plan.axes), "-searches")
        self.cells.border_title = self._cells_title(seen)
        self.query_one(SelectionHeat).show(seen)
        self.show_curves()
        self.query_one(SelectionLine).show(seen, bool(self.going and self.going.stopping))

    def _cells_title(self, seen: Seen | None) -> str:
        if seen is None:
            return "Folds"
        words = ["Cells" if seen.plan.axes else "Folds"]
        if seen.plan.axes and seen.started:
            whole = sum(len(one.scores) == seen.plan.parts for one in standings(seen))
            pruned = f", {len(seen.pruned):,} pruned" if seen.pruned else ""
            words.append(f"{whole:,} of {seen.started.cells:,} scored{pruned}")
            words.append(seen.started.scoring.removeprefix("neg_"))
        if seen.plan.experiment != self.host.experiment:
            words.append(f"of {seen.plan.experiment.name}, not the plan's")
        return plain(" · ".join(words))

    # Showing it

    @on(Rows.Moved)
    def _moved(self, message: Rows.Moved) -> None:
        if message.rows is self.cells:
            self.show_curves()

    def show_curves(self) -> None:
        """Show the folds of the cell under the cursor; before there is one, of the network that trains."""
        key, searches = self.cells.key, bool(self.going and self.going.plan.axes)
        number = int(key) if searches and key.isdecimal() else None
        self.query_one(SelectionCurves).show(curves_of(self.going, number) if self.going else Folds())

    def action_retrain(self) -> None:
        """Retrain the winner on all but the test samples on the experiment screen, and test it once."""
        seen = self.going.seen if self.going else None
        found = selected(seen) if seen else None
        if found is None:
            self.warn(
                f"nothing is selected yet: {key_of(self, 'selection.run')} runs the plan, "
                f"{key_of(self, 'selection.retrain')} retrains its winner and tests it"
            )
        elif self.host.running_work:
            self.warn("something is running here already: stop it first")
        else:
            self.post_message(RetrainExperiment(found))

    def _open(self, key: str) -> None:
        """Open a cell's experiment on the experiment screen."""
        if self.going is None or not self.going.plan.axes or not key.isdecimal():
            return
        seen, number = self.going.seen, int(key)
        self.post_message(OpenExperiment(cell_experiment(seen, number)))

    def action_clear(self) -> None:
        """Leave full screen, or else clear the chart's cursor and zoom."""
        self.leave_chart()


def _options(plan: Plan) -> Iterator[str]:
    """Yield the options of the command that runs a plan."""
    yield from (grid_option(path, values) for path, values in plan.axes.items())
    yield f"--folds {plan.parts}"
    if plan.jobs != 1:
        yield f"--jobs {plan.jobs}"
    if plan.cluster:
        yield f"--cluster {quote(plan.cluster)}"
    if plan.axes:
        yield from [f"--score {plan.score}"] if plan.score else []
        yield from ["--prune"] if plan.prune else []
        yield from ["--fresh"] if plan.fresh else []


def _setting(key: str, typed: str) -> tuple[str, Any]:
    """Return what is wrong with the text typed for a line of the plan (empty: nothing), and its value."""
    if key == "cluster":
        host, _, port = typed.strip().rpartition(":")
        sound = not typed.strip() or (host and port.isdecimal())
        return "" if sound else "an address is a host and a port, as in tcp://host:8786", typed.strip()
    if key == "score":
        name = typed.strip()
        return "" if not name or name in SCORES else unknown("metric", name, SCORES), name
    number, least = parse_value(typed), 2 if key == "folds" else 1
    sound = type(number) is int and (number >= least or (key == "jobs" and number == -1))
    return "" if sound else f"a whole number, at least {least}", number
