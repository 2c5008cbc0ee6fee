"""What happens while a person reads the screen: data is read, the store opened, TensorFlow warmed up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.screen import Screen

from engine.errors import EngineError
from engine.experiment import Data, Experiment
from workbench.backend import Backend, Preview
from workbench.latest import Latest


class Background:
    """Reads the data of the experiment on the screen, ahead of its run; ``changed`` is called when it is there."""

    def __init__(self, screen: Screen[None], backend: Backend, changed: Callable[[], None]) -> None:
        self._screen = screen
        self._backend = backend
        self._changed = changed
        self._leaving = threading.Event()
        self._begun = False
        self._wanted: tuple[Data, int] | None = None
        self._read: Latest[Experiment, Preview] = Latest(screen, self._reading, self._is_read, daemon=True)
        self.stage = ""
        self.preview: Preview | None = None
        self.problem = ""
        self.warm = False

    def begin(self, experiment: Experiment) -> None:
        """Begin, once the screen has been painted."""
        self._begun = True
        self.read_soon(experiment)

    def leave(self) -> None:
        """Begin nothing more."""
        self._leaving.set()

    def read_soon(self, experiment: Experiment) -> None:
        """Read this experiment's data, unless that has been asked for already."""
        wanted = (experiment.data, experiment.seed)
        if not self._begun or wanted == self._wanted:
            return
        self._wanted, self.problem = wanted, ""
        self._read.ask(experiment)

    def preview_of(self, experiment: Experiment) -> Preview | None:
        """What has been read, where it is this experiment's data."""
        found = self.preview
        if found is None or (found.experiment.data, found.experiment.seed) != (experiment.data, experiment.seed):
            return None
        return found

    def _reading(self, experiment: Experiment) -> Preview:
        steps = self._backend.preview(experiment)
        try:
            while not self._leaving.is_set():
                stage = next(steps)
                share = f" {stage.done / stage.total:.0%}" if stage.total else ""
                self.stage = f"{stage.stage}{share}"
            raise EngineError("left")
        except StopIteration as stop:
            found: Preview = stop.value
            return found
        finally:
            steps.close()
            self.stage = ""

    def _is_read(self, experiment: Experiment, found: Preview | EngineError) -> None:
        if isinstance(found, EngineError):
            self.problem = str(found)
        else:
            self.preview = found
        self._changed()
        if not self.warm:
            self.warm = True
            threading.Thread(target=self._warm_up, daemon=True, name="warm-up").start()

    def _warm_up(self) -> None:
        try:
            self._backend.warm_up(self._leaving)
        except Exception as error:  # the run itself will meet it, and say it
            from workbench.streams import log_exception

            log_exception(error)
