"""Answers the latest of several questions in a thread, and drops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from textual.widget import Widget

from engine.errors import EngineError
from engine.system.drain import LeftError
from engine.system.thread_priority import start_in_background

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Latest(Generic[Question, Answer]):
    """Answers the latest question in a thread worker of ``owner``, and passes the answer on in the owner's thread.

    Questions asked while one is being answered replace one another, so that typing or moving quickly costs two
    answers, not one each. An EngineError is passed on as the answer, also when a job was left. On exit the app
    waits for an answer in progress, unless ``daemon`` is true.
    """

    def __init__(
        self,
        owner: Widget,
        answer: Callable[[Question], Answer],
        show: Callable[[Question, Answer | EngineError], None],
        *,
        daemon: bool = False,
    ) -> None:
        self._daemon = daemon
        self._owner = owner
        self._answer = answer
        self._show = show
        self._lock = threading.Lock()
        self._next: list[Question] = []
        self._busy = False

    def ask(self, question: Question) -> None:
        """Ask a question; it replaces one that waits to be answered."""
        with self._lock:
            self._next = [question]
            if self._busy:
                return
            self._busy = True
        if self._daemon:
            start_in_background(self._work, "latest")
        else:
            self._owner.run_worker(self._work, thread=True, exit_on_error=False, group="latest")

    def forget(self) -> None:
        """Drop the question that waits to be answered."""
        with self._lock:
            self._next = []

    def _work(self) -> None:
        while (question := self._take()) is not None:
            answer: Answer | EngineError
            try:
                answer = self._answer(question[0])
            except EngineError as error:
                answer = error
            except LeftError:
                answer = EngineError("left")
            except Exception as error:
                from workbench.terminal.streams import bug

                answer = EngineError(bug(error))
            if self._owner.is_running:
                self._owner.call_later(self._show, question[0], answer)

    def _take(self) -> list[Question] | None:
        with self._lock:
            if not self._next:
                self._busy = False
                return None
            taken, self._next = self._next, []
            return taken
