"""Delivers keys one at a time, so that a key typed ahead reaches the screen opened by the keys before it.

Textual forwards a key to the widget that has the focus when the key arrives. A screen that an earlier key opens
takes the focus some messages later, so all keys of a burst would go to the first screen. If a thread is refreshing
a list, for example when its screen is shown again, keys wait for it, because they refer to the new list. If a
screen's content is still being read, keys that need it wait; a key that leaves the screen is delivered at once,
and drops the keys waiting before it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

from workbench.tui.widgets.mode_screen import ModeScreen

Typed = events.Key | events.Paste

PATIENCE = 2.0
"""Seconds after which the next key is delivered even if a widget or a job has not finished with the last one."""

ROUNDS = 50
"""Rounds through the message queues after which the next key is delivered even if messages keep coming."""


class TypedAhead:
    """A queue of typed keys and pastes; ``deliver`` passes one to the app."""

    def __init__(self, app: App[int], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, event: Typed) -> None:
        """Deliver a key after those already waiting; call it from the app's own event loop."""
        self._waiting.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="typed-ahead")

    async def _run(self) -> None:
        while self._waiting and self._app.is_running:
            if self._app.screen_stack and self._is_due():  # there is no screen while modes are switched
                await self._deliver(self._waiting.popleft())
                await self._settle()
            else:
                await asyncio.sleep(0.01)

    def _is_due(self) -> bool:
        """Return whether the next key can be delivered; drop keys before one that leaves a screen being read."""
        screen = self._top()
        if screen is None or not screen.is_filling or screen.needs_no_content(self._waiting[0]):
            return True
        leaving = next((index for index, typed in enumerate(self._waiting) if screen.leaves(typed)), None)
        for _ in range(leaving or 0):
            self._waiting.popleft()
        return leaving is not None

    async def _settle(self) -> None:
        """Wait until the last key has been handled, and the screen that it opened has its focus and list."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        before: object = None
        for _ in range(ROUNDS):
            await self._wait_for_jobs(end)
            path = list(self._path())
            for pump in path:
                await _wait_until_handled(pump, end - loop.time())
            now = (self._app.screen_stack, path)
            waits = any(pump.message_queue_size for pump in path) or self._awaiting()
            if now == before and self._app.screen_stack and not waits:
                return
            before = now

    async def _wait_for_jobs(self, end: float) -> None:
        """Wait until the screen shows the results of the jobs that keys wait for."""
        while screen := self._awaiting():
            if asyncio.get_running_loop().time() >= end:
                screen.stop_awaiting_jobs()
            await asyncio.sleep(0.01)

    def _awaiting(self) -> ModeScreen | None:
        """Return the top screen, if it has running jobs that keys wait for."""
        screen = self._top()
        return screen if screen and screen.awaits_jobs else None

    def _top(self) -> ModeScreen | None:
        """Return the top screen, unless it is a dialog."""
        return next((one for one in self._app.screen_stack[-1:] if isinstance(one, ModeScreen)), None)

    def _path(self) -> Iterator[MessagePump]:
        """Yield what a key passes through, from the focused widget to the app."""
        if self._app.screen_stack:
            yield from (self._app.focused or self._app.screen).ancestors_with_self
        else:
            yield self._app


async def _wait_until_handled(pump: MessagePump, seconds: float) -> None:
    """Wait until a widget has handled the messages in its queue."""
    handled = asyncio.Event()
    if seconds > 0 and pump.is_running and pump.call_later(handled.set):
        try:
            await asyncio.wait_for(handled.wait(), seconds)
        except TimeoutError:
            return
