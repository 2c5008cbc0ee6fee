"""The line of keys: those of what has the focus, a click presses one, and what is off is dim."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Button

from tests.workbench.fake import until
from workbench.tui.widgets.key_bar import KeyBar


class Toggle(Button):
    """A button with a key of its own."""

    BINDINGS = [Binding("space", "press", "Toggle", key_display="space")]


class Keys(App[None]):
    """Two buttons over the line of keys."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [
        Binding("n", "next", "Next sample"),
        Binding("o", "off", "Off now"),
        Binding("h", "hidden", "Hidden", show=False),
        Binding("down,right", "next", "Next sample"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0

    def compose(self) -> ComposeResult:
        yield Button("plain")
        yield Toggle("toggle")
        yield KeyBar()

    def action_next(self) -> None:
        self.pressed += 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "off" else True


def shown(pilot: Pilot[None]) -> str:
    return str(pilot.app.query_one(KeyBar).render())


async def test_the_keys_of_what_has_the_focus_are_shown_once_each() -> None:
    async with Keys().run_test() as pilot:
        await until(pilot, lambda: "n Next sample  o Off now" in shown(pilot))
        assert "Toggle" not in shown(pilot)
        assert "Hidden" not in shown(pilot)
        assert shown(pilot).count("Next sample") == 1
        pilot.app.query_one(Toggle).focus()
        await until(pilot, lambda: "space Toggle" in shown(pilot))


async def test_a_click_presses_the_key_under_the_mouse_unless_it_is_off() -> None:
    app = Keys()
    async with app.run_test() as pilot:
        await until(pilot, lambda: "Next" in shown(pilot))
        begins = 1 + shown(pilot).index("n Next")
        await pilot.click(KeyBar, offset=(begins + len("n Next sample"), 0))  # the gap
        await pilot.click(KeyBar, offset=(1 + shown(pilot).index("o Off"), 0))
        assert app.pressed == 0
        await pilot.click(KeyBar, offset=(begins, 0))
        await pilot.click(KeyBar, offset=(begins + len("n Next sample") - 1, 0))
        await until(pilot, lambda: app.pressed == 2)


async def test_a_key_that_is_off_is_dim() -> None:
    async with Keys().run_test() as pilot:
        await until(pilot, lambda: "Off now" in shown(pilot))
        bar = pilot.app.query_one(KeyBar)
        dim = [segment.text for segment in bar.render_line(0) if segment.style and segment.style.dim]
        assert "".join(dim).split() == ["o", "Off", "now"]


class Dialog(ModalScreen[None]):
    """A dialog with a key of its own."""

    BINDINGS = [Binding("y", "yes", "Yes")]

    def compose(self) -> ComposeResult:
        yield KeyBar()


async def test_a_dialog_that_opens_while_another_window_has_the_focus_shows_its_keys() -> None:
    async with Keys().run_test() as pilot:
        pilot.app.post_message(events.AppBlur())
        await until(pilot, lambda: not pilot.app.app_focus)
        await pilot.app.push_screen(Dialog())
        await until(pilot, lambda: str(pilot.app.screen.query_one(KeyBar).render()) == "y Yes")


async def test_an_app_that_is_leaving_is_asked_for_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Keys().run_test() as pilot:
        await until(pilot, lambda: "Next" in shown(pilot))
        before = shown(pilot)
        with monkeypatch.context() as patched:
            patched.setattr(Keys, "screen_stack", [])  # as it is between the last screen and the app's end
            patched.setattr(KeyBar, "_shown", lambda _: pytest.fail("keys were asked for"))
            pilot.app.screen.refresh_bindings()
            await pilot.pause()
        assert shown(pilot) == before
