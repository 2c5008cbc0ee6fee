"""The dialogs of the experiment screen and what is done with their answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from engine import datasets
from engine.datasets.undefined_metrics import with_undefined
from engine.errors import EngineError
from engine.experiment.layer_words import KIND_NAMES
from engine.experiment.layers import KINDS
from engine.experiment.model import Experiment
from engine.experiment.naming import LONGEST
from engine.experiment.own_file import is_data, of_data
from engine.system.plain_text import plain
from workbench.text.command_line import command
from workbench.text.describe import dataset_title
from workbench.text.numbers import number
from workbench.tui.dialogs import form_fields
from workbench.tui.dialogs.browse import HINT, Browse
from workbench.tui.dialogs.form import ExperimentForm
from workbench.tui.dialogs.pick import Option, Pick
from workbench.tui.dialogs.question import Answer, Ask, ask
from workbench.tui.dialogs.text_page import Read
from workbench.tui.experiment import editing
from workbench.tui.experiment.held_out_filter import KINDS as FILTERS
from workbench.tui.experiment.held_out_filter import REGRESSION_KINDS, Filter
from workbench.tui.experiment.reviews import Reviews
from workbench.tui.keymap import key_of
from workbench.tui.sessions.live_run import Snapshot
from workbench.tui.widgets.download import deliver
from workbench.tui.widgets.mode_screen import Copyable

if TYPE_CHECKING:
    from engine.prediction.answers import Samples
    from engine.prediction.samples import Sample
    from engine.runs import RunSummary
    from workbench.tui.experiment.view import ExperimentView
    from workbench.tui.sessions.session import RunSession


def add_layer(screen: ExperimentView, index: int) -> None:
    """Ask for a kind of layer, then for its settings; insert the layer at ``index``."""
    options = [Option(kind, KIND_NAMES[kind], _doc(kind)) for kind in KINDS]

    def chosen(kind: str) -> None:
        draft = editing.inserted(screen.experiment, index, editing.new_layer(screen.experiment, kind))
        _layer_form(screen, draft, index, f"New layer {index + 1}")

    screen.ask(Pick("Add a layer", options), chosen)


def edit_key(screen: ExperimentView, key: str) -> None:
    """Edit the part of the experiment in a row of its panel."""
    if key.startswith("layer-"):
        index = int(key.removeprefix("layer-"))
        _layer_form(screen, screen.experiment, index, f"Layer {index + 1}")
    elif key.startswith("finding-"):
        _finding(screen)
    elif key in ("data", "loss", "train"):
        entry = datasets.entry(screen.experiment.data.dataset)
        metrics = screen.experiment.training.metrics
        title, asked = {
            "data": ("Data", form_fields.data_fields()),
            "loss": ("Loss and metrics", form_fields.loss_fields(entry.task if entry else "", metrics)),
            "train": ("Training", form_fields.training_fields()),
        }[key]
        form = ExperimentForm(title, screen.experiment, lambda _: asked, screen.columns)
        screen.ask(form, partial(screen.edit, cursor=key))


def _layer_form(screen: ExperimentView, draft: Experiment, index: int, title: str) -> None:
    form = ExperimentForm(
        title, draft, lambda experiment: form_fields.layer_fields(experiment.layers[index], index), screen.columns
    )
    screen.ask(form, partial(screen.edit, cursor=f"layer-{index}"))


def _finding(screen: ExperimentView) -> None:
    finding = screen.stack.finding
    if finding is None:
        return
    answers = [Answer("leave", "c", "Leave it")]
    if fix := finding.fix:
        answers.insert(0, Answer("fix", "f", fix.label, lambda: screen.edit(fix.experiment)))
    text = f"{finding.message}\n\n{finding.why}" + (f"\n\nabout: {finding.where}" if finding.where else "")
    ask(screen, finding.level.capitalize(), text, answers)


OWN_FILE = "a file of your own"


def open_experiment(screen: ExperimentView) -> None:
    """Ask for a preset, an experiment's file or a data file, and open it."""
    from engine.experiment import toml_file

    presets = toml_file.presets()
    options = [
        Option(OWN_FILE, "A file of your own ...", "CSV, Excel, Parquet, texts", f"{HINT}.", "Your own"),
        *(
            Option(name, name, found.name, " ".join(found.about.split()), dataset_title(found.data.dataset))
            for name, found in presets.items()
        ),
    ]

    def chosen(name: str) -> None:
        if name == OWN_FILE:
            screen.ask(Browse("Open a file of your own", Path.cwd()), chosen)
        else:
            _open_named(screen, name)

    hint = "type to search the presets, or the path of a TOML file or of your data"
    screen.ask(Pick("Open an experiment", options, hint=hint, free=True), chosen)


def _open_named(screen: ExperimentView, name: str) -> None:
    """Open a preset, an experiment's file or a data file."""
    from engine.experiment import toml_file

    try:
        opened = of_data(name) if is_data(name) else toml_file.load(name)
    except EngineError as error:
        screen.app.push_screen(Read("This cannot be opened", Content(plain(str(error), lines=True))))
    else:
        replace(screen, opened)


def replace(screen: ExperimentView, opened: Experiment) -> None:
    """Open another experiment; ask first if there are edits that were neither run nor written."""
    if not screen.unsaved:
        screen.open(opened)
        return
    show = partial(screen.open, opened)
    answers = [
        Answer("write", "w", "Write them to a file first", lambda: write_experiment(screen, show)),
        Answer("open", "o", f"Open it; {key_of(screen, 'edit.undo')} restores the edits", show),
        Answer("stay", "c", "Cancel: stay here"),
    ]
    text = f"{screen.experiment.name} has edits that were neither run nor written to a file."
    ask(screen, "Open another experiment", text, answers)


def rename(screen: ExperimentView) -> None:
    """Ask for the experiment's name; if left empty, it is named after its changes again."""
    from workbench.tui.dialogs.text_line import Line

    def check(text: str) -> str:
        return "" if len(text) <= LONGEST else f"{len(text)} characters: at most {LONGEST}"

    hint = "empty: named after its changes to the opened experiment"
    screen.ask(Line("Name of the experiment", screen.experiment.name, hint, check), screen.rename)


def write_experiment(
    screen: ExperimentView, written: Callable[[], None] = lambda: None, text: str = "", problem: str = ""
) -> None:
    """Ask for a path, and write the experiment there; if that fails, ask again with the same path.

    In a browser, it is downloaded instead.
    """
    from engine.experiment import toml_file
    from workbench.tui.dialogs.save_path import SavePath

    def chosen(path: str) -> None:
        try:
            toml_file.write(screen.experiment, Path(path))
        except EngineError as error:
            write_experiment(screen, written, path, str(error))
        else:
            screen.keep(screen.experiment)
            screen.notify(plain(path), title="Written", markup=False)
            written()

    name = "".join(letter if letter.isalnum() else "-" for letter in screen.experiment.name.lower()).strip("-")
    name = f"{name or 'experiment'}.toml"
    if screen.app.is_web:
        deliver(screen.app, name, toml_file.dumps(screen.experiment).encode())
        screen.keep(screen.experiment)
        written()
    else:
        screen.ask(SavePath("Write the experiment to", text or name, ".toml", problem), chosen)


def tell_unfinished(screen: ExperimentView, found: list[RunSummary]) -> None:
    """Notify the user of runs that other processes train; ask about interrupted ones."""
    if going := [f"run {run.id}, {run.name}" for run in found if run.owned]:
        others = f", and {len(going) - 1} more" if len(going) > 1 else ""
        where = f"{key_of(screen, 'mode.runs')} lists it; the key of Open there shows its curves"
        screen.notify(plain(f"{going[0]}{others}. {where}."), title="Trains in the background", markup=False)
    if interrupted := [run for run in found if run.interrupted]:
        _ask_resume(screen, interrupted)


def _ask_resume(screen: ExperimentView, found: list[RunSummary]) -> None:
    """Ask whether to resume the newest of the interrupted runs."""
    run = found[0]
    others = (
        f"\n\n{len(found) - 1} more on the runs screen ({key_of(screen, 'mode.runs')})." if len(found) > 1 else ""
    )
    text = (
        f"Run {run.id}, {run.name}, was interrupted after epoch {run.epochs_done} of {run.epochs_planned}.{others}"
    )
    answers = [
        Answer("resume", "r", "Resume it from there"),
        Answer("leave", "c", "Leave it; it can be resumed later"),
    ]

    def answered(answer: str | None) -> None:
        screen.work(screen.host.backend.leave_interrupted, [one.id for one in found])
        if answer == "resume" and not screen.runner.training:
            try:
                screen.resume(run.id, run.experiment)
            except EngineError as error:
                screen.warn(error)

    screen.app.push_screen(Ask("Interrupted", text, answers), answered)


def stop(screen: ExperimentView) -> None:
    """Stop the run that trains here; ask what to do about one that another process trains."""
    live = screen.runner.live
    if live is None or live.done.is_set():
        return
    if live.can_leave:
        live.stop()
        return

    def ask_to_stop() -> None:
        screen.work(screen.host.backend.request_stop, live.snapshot.run or "")

    def leave() -> None:
        screen.runner.detach()
        screen.show_experiment()

    answers = [
        Answer("stop", "s", "Stop it and save", ask_to_stop),
        Answer("leave", "l", "Leave it running and stop showing it", leave),
        Answer("stay", "c", "Cancel"),
    ]
    ask(screen, "Stop", f"{live.title} is trained by another process.", answers)


def details(screen: ExperimentView) -> None:
    """Show all details of the run."""
    live = screen.runner.live
    if live is None:
        screen.notify(f"There is no run yet: {key_of(screen, 'run.start')} runs the experiment.", markup=False)
        return
    screen.app.push_screen(Read(live.title.capitalize(), _details(live.snapshot)))


def _details(shown: Snapshot) -> Content:
    from workbench.terminal.streams import log_path

    lines = [f"{shown.experiment.name} · {shown.status.value}"]
    if shown.reason:
        lines += ["", shown.reason]
    if shown.started:
        facts = shown.started.data
        lines += ["", f"Data      {facts.dataset} · {facts.source}"]
        lines += [f"Samples   {facts.train:,} train · {facts.validation:,} validation · {facts.test:,} test"]
        lines += [f"Network   {shown.started.parameters:,} parameters · ready after {shown.started.seconds:.1f} s"]
        for name, value in shown.started.baselines.items():
            lines.append(f"Baseline  {name} {number(value, 3)}")
    if shown.tested:
        scores = with_undefined(shown.tested.scores, shown.experiment.training.metrics)
        lines += [f"Test      {name} {number(value, 3)}" for name, value in scores.items()]
    if shown.epochs:
        lines += ["", *_table(shown), *(["* best epoch: lowest validation loss"] if shown.best_epoch else [])]
    lines += ["", f"Log       {log_path()}"]
    return Content(plain("\n".join(lines), lines=True))


def _table(shown: Snapshot) -> list[str]:
    """Format the epochs' metrics as a table; columns that are all 0 are left out."""
    epochs = [with_undefined(ended.logs, shown.experiment.training.metrics) for ended in shown.epochs]
    names = [name for name in epochs[-1] if any(logs.get(name) for logs in epochs)]
    sizes = [max(len(name), 8) for name in names]
    lines = ["epoch " + " ".join(name.rjust(size) for name, size in zip(names, sizes, strict=True))]
    for ended, logs in zip(shown.epochs, epochs, strict=True):
        values = [number(logs.get(name)).rjust(size) for name, size in zip(names, sizes, strict=True)]
        lines.append(f"{ended.epoch:>4}{'*' if ended.epoch == shown.best_epoch else ' '} {' '.join(values)}")
    return lines


def copies(screen: ExperimentView) -> list[Copyable]:
    """Return what can be copied of the experiment and its run."""
    from engine.experiment import toml_file

    experiment, shown = screen.experiment, screen.snapshot
    found = [
        Copyable("the experiment as TOML", lambda: toml_file.dumps(experiment), experiment.name),
        Copyable("the command that trains it", lambda: command("train", experiment), "workbench train"),
    ]
    if shown.run:
        from engine.exporting.text_card import card  # with the features and the store, which a run has imported

        run, note = shown.run, "settings, scores, findings"
        found.append(Copyable(f"the card of run {run}", lambda: card(screen.host.store.get(run)), note))
    if shown.epochs:
        found.append(Copyable("the values of its epochs", lambda: "\n".join(_table(shown)) + "\n"))
    if sample := screen.query_one(Reviews).sample:
        text = sample.original if sample.original is not None else _typed(sample)
        found.append(Copyable(f"sample #{sample.index}", lambda: text, text[:40]))
    return found


def edit_outside(screen: ExperimentView) -> None:
    """Edit the experiment's file in ``$EDITOR``; mistakes are shown, and can be fixed by editing again."""
    from engine.experiment import toml_file
    from workbench.tui.dialogs.editing import edit

    def take(text: str) -> None:
        edited = toml_file.parse(text, "the edited experiment")
        renamed = edited.name != screen.experiment.name
        screen.edit(edited)
        if renamed:
            screen.rename(edited.name)

    edit(screen, toml_file.dumps(screen.experiment), ".toml", take, "This is not a valid experiment yet")


def filter_reviews(screen: ExperimentView) -> None:
    """Ask which held-out samples to list: by a filter, a label or a word."""
    reviews = screen.query_one(Reviews)
    samples = screen.snapshot.samples
    if samples is None:
        screen.warn("the data is still being read")
        return
    kinds = REGRESSION_KINDS if samples.task == "regression" else FILTERS
    options = [Option(kind, words) for kind, words in kinds.items()]
    options += [
        Option(f"label {n}", label, "true label", group="by true label") for n, label in enumerate(samples.labels)
    ]

    def chosen(key: str) -> None:
        if key in kinds:
            reviews.choose(Filter(key))
        elif key.startswith("label ") and key in {option.key for option in options}:
            reviews.choose(Filter("label", int(key.removeprefix("label "))))
        else:
            reviews.choose(Filter("word", word=key))

    if samples.kind != "text":
        screen.ask(Pick("List", options), chosen)
        return
    held_out = screen.snapshot.held_out
    split = f"{len(held_out.indices):,} {held_out.split}" if held_out else samples.split
    hint = 'words to search the texts for ("in quotes": a phrase), or choose below'
    label = f"searches the {split} texts for {{}}".format
    screen.ask(Pick("List", options, hint=hint, free=True, free_label=label), chosen)


def own_review(screen: ExperimentView, real: bool) -> None:
    """Ask the network about a new text, or about an edited copy of the review under the cursor."""
    from workbench.tui.experiment.own_review import ReviewScreen

    reviews, live = screen.query_one(Reviews), screen.runner.live
    samples, sample = screen.snapshot.samples, reviews.sample
    if live is None or live.snapshot.predictions is None or samples is None:
        screen.warn(f"there is no network to ask yet: {key_of(screen, 'run.start')} runs the experiment")
    elif samples.kind != "text":
        _own_columns(screen, live.session, samples)
    elif not real or sample is None:

        def keep(typed: str | None) -> None:
            screen.typed = typed or ""

        screen.app.push_screen(ReviewScreen(live.session, samples, screen.typed), keep)
    else:
        value = next((answer.value for answer in reviews.answers if answer.index == sample.index), None)
        text = sample.original if sample.original is not None else _typed(sample)
        screen.app.push_screen(ReviewScreen(live.session, samples, text, value))


def _own_columns(screen: ExperimentView, session: RunSession, samples: Samples) -> None:
    """Open the form of the columns, filled with the sample under the cursor, or the first one."""
    from workbench.tui.experiment.own_columns import ColumnsScreen
    from workbench.tui.experiment.review_text import columns_of

    sample = screen.query_one(Reviews).sample or next(iter(samples.samples), None)
    if sample is not None and (columns := columns_of(sample)):
        screen.app.push_screen(ColumnsScreen(session, sample, columns, samples.labels))


def _typed(sample: Sample) -> str:
    """Return a sample's words as typed text: without the start mark, which is added to every text."""
    words = sample.decoded.split(" ")
    whole = len(words) >= len(sample.ids)
    return " ".join(words[1:] if whole and len(sample.ids) and sample.ids[0] == 1 else words)


def _doc(kind: str) -> str:
    """Return the first sentence of a layer's docstring, without the name of the Keras class."""
    text = (KINDS[kind].__doc__ or "").strip().partition("\n")[0]
    return text.partition(": ``")[0].replace("``", "").rstrip(".")
