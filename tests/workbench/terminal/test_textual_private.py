"""Private names of Textual and Rich: all in one file, and still there in the version that is installed."""

from __future__ import annotations

import ast
import codecs
import importlib
import io
import locale
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from textual._compositor import Compositor
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from workbench.terminal import textual_private
from workbench.terminal.screen_cells import TERMINAL

ROOT = Path(__file__).parents[3] / "workbench"
ALLOWED = {"_exit", "_run_exitfuncs"}  # of the standard library: os._exit, atexit._run_exitfuncs
NAMES = [
    ("textual.app", "_PrintCapture.fileno"),
    ("textual._compositor", "ChopsUpdate.render_segments"),
    ("textual._compositor", "LayoutUpdate.render_segments"),
    ("textual.drivers.linux_driver", "getincrementaldecoder"),
    ("textual.css.stylesheet", "Stylesheet.reparse"),
    ("textual.screen", "Screen._binding_chain"),
    ("textual.screen", "Screen._modal_binding_chain"),
    ("textual.screen", "Screen._compositor_refresh"),
]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_the_private_name_is_where_it_was(module: str, name: str) -> None:
    found: object = importlib.import_module(module)
    for part in name.split("."):
        assert hasattr(found, part), f"Textual has moved {module}.{name}: see textual_private.py"
        found = getattr(found, part)


def test_the_compositor_still_gives_its_spans_and_chops() -> None:
    from textual._compositor import ChopsUpdate

    textual_private.patch_updates()
    TERMINAL.forget()
    update = ChopsUpdate([{0: Strip.blank(4)}], [(0, 1, 3)], [[4]])
    sent = update.render_segments(Console(file=io.StringIO(), color_system="truecolor"))
    assert sent == "\x1b[1;2H  ", "Textual's ChopsUpdate has changed: see workbench/terminal/textual_private.py"


def test_style_sheets_are_parsed_again_only_for_other_variables() -> None:
    textual_private.patch_style_sheets()
    sheet = Stylesheet(variables={"mood": "red"})
    sheet.add_source("Label { color: $mood; }")
    (rule,) = sheet.rules
    sheet.set_variables({"mood": "red"})
    sheet.reparse()
    assert sheet.rules[0] is rule
    sheet.set_variables({"mood": "blue"})
    sheet.reparse()
    assert sheet.rules[0].styles.color == Color.parse("blue")


async def test_nothing_is_rendered_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []
    render = Compositor.render_update

    def counted(compositor: Compositor, *given: Any, **options: Any) -> Any:
        rendered.append(app._batch_count)
        return render(compositor, *given, **options)

    monkeypatch.setattr(Compositor, "render_update", counted)
    monkeypatch.setattr(Screen, "_compositor_refresh", Screen._compositor_refresh)
    textual_private.patch_batches()
    app = App[None]()
    async with app.run_test():
        with app.batch_update():
            app.screen._compositor_refresh()
        app.screen._compositor_refresh()
        assert set(rendered) == {0}, "Textual renders in batches: see workbench/terminal/textual_private.py"


async def test_borders_and_bindings_are_read_and_set() -> None:
    class Bare(App[None]):
        def compose(self) -> Iterator[Widget]:  # type: ignore[override]
            yield Widget()

    app = Bare()
    async with app.run_test():
        widget = app.query_one(Widget)
        textual_private.set_border(widget, "title", Content("words"))
        said = "Textual keeps a border's title elsewhere: see workbench/terminal/textual_private.py"
        assert textual_private.border(widget, "title").plain == widget.border_title == "words", said
        assert "ctrl+q" in [key for key, _ in textual_private.bindings(app.screen)]


@pytest.mark.parametrize(
    ("encoding", "typed", "read"),
    [("UTF-8", b"\xe9a\xc3\xa9", "aé"), ("ISO-8859-1", b"\xe9a", "éa"), ("ANSI_X3.4-1968", b"\xe9a", "a")],
)
def test_input_is_decoded_in_the_locales_encoding(
    encoding: str, typed: bytes, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locale, "getencoding", lambda: encoding)
    decoder = textual_private.input_decoder("utf-8")()
    assert "".join(decoder.decode(bytes([byte])) for byte in typed) == read
    assert codecs.lookup(encoding)


def names_of(path: Path) -> tuple[set[str], set[str]]:
    """The private attributes that a file defines, and those that it uses."""
    defined, used = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            (defined if isinstance(node.ctx, ast.Store) else used).add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id for target in targets if isinstance(target, ast.Name)}
    return defined, used


def test_no_other_file_uses_a_private_name_of_a_library() -> None:
    names = {path: names_of(path) for path in ROOT.rglob("*.py")}
    ours = set().union(*(defined for defined, _ in names.values())) | ALLOWED
    strangers = {
        str(path.relative_to(ROOT)): sorted(used - ours)
        for path, (_, used) in names.items()
        if used - ours and path.name not in ("textual_private.py", "textual_serve_private.py")
    }
    assert strangers == {}
    assert "_modal_binding_chain" in names[ROOT / "terminal" / "textual_private.py"][1]
    assert isinstance(Screen._modal_binding_chain, property)
