"""A dialog to choose a file or folder: a path input with a directory tree below it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Input, Static

from engine.system.paths import exists, expanded
from engine.system.plain_text import plain
from workbench.tui.dialogs.text_line import LineInput
from workbench.tui.widgets.colours import BAD, MUTED
from workbench.tui.widgets.key_bar import KeyBar
from workbench.tui.widgets.moves import TREE, moves

HINT = "CSV, TSV, JSON lines, Parquet, Excel, ARFF, svmlight, npz; or a folder with texts in a folder per class"


class Files(DirectoryTree):
    """A tree of folders and files without hidden ones, names shown literally. Typed characters go to the path
    input.
    """

    BINDINGS = [
        *moves(TREE, letters=False, top="home", bottom="end"),
        Binding("enter", "select_cursor", "Open", key_display="⏎", id="browse.open"),
        Binding("space", "take", "Use this folder", key_display="space", id="browse.folder"),
        Binding("backspace", "up", "Folder above", key_display="⌫", id="browse.up"),
    ]

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out hidden files."""
        return [path for path in paths if not path.name.startswith(".")]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key types a letter of a path rather than being a command."""
        return bool(character and character.isprintable() and character != " ")

    def on_key(self, event: events.Key) -> None:
        """Start to type a path with the first letter."""
        if isinstance(self.screen, Browse) and self.check_consume_key(event.key, event.character):
            event.stop()
            event.prevent_default()
            self.screen.type(event.character or "")

    def action_up(self) -> None:
        """Show the parent folder."""
        self.path = Path(self.path).absolute().parent

    def action_take(self) -> None:
        """Return the folder under the cursor, or the folder of the file there."""
        node = self.cursor_node
        path = node.data.path if node and node.data else Path(self.path)
        if isinstance(self.screen, Browse):
            self.screen.dismiss(str(path if path.is_dir() else path.parent))


class Browse(ModalScreen[str | None]):
    """Returns the path of an existing file or folder, or None for escape."""

    AUTO_FOCUS = "Files"
    BINDINGS = [
        Binding("escape", "dismiss", "Cancel", id="browse.cancel"),
        Binding("tab", "app.focus_next", "Path or files", show=False, id="browse.panel"),
    ]
    DEFAULT_CSS = """
    Browse {
        #browse {
            border: round $accent; border-title-style: bold; background: $surface; padding: 0 1;
            width: 76; max-width: 100%; height: 90%;
        }
        Files { height: 1fr; background: $surface; padding: 0; }
        #browse-said { height: auto; margin-bottom: 1; }
    }
    """

    def __init__(self, title: str, folder: Path) -> None:
        super().__init__()
        self._title = title
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Yield the path input, a hint and the tree."""
        with Vertical(id="browse") as box:
            box.border_title = Content(plain(self._title)).markup
            yield LineInput(
                placeholder="type a path, or choose below; ~ is your home folder",
                compact=True,
                select_on_focus=False,
            )
            yield Static(Content.styled(HINT, MUTED), id="browse-said")
            yield Files(self._folder)
        yield KeyBar()

    @on(DirectoryTree.FileSelected)
    def _chosen(self, message: DirectoryTree.FileSelected) -> None:
        self.dismiss(str(message.path))

    @on(Input.Submitted)
    def _typed(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        path = Path(self.query_one(Files).path) / expanded(text)
        if not exists(path):
            words = f"✗ there is no file or folder {path}"
            self.query_one("#browse-said", Static).update(Content.styled(plain(words), BAD))
        elif path.is_dir() and text.endswith(("/", "\\")):
            files = self.query_one(Files)
            files.path = path
            self.set_focus(files)
        else:
            self.dismiss(str(path))

    @on(Input.Changed)
    def _typing(self) -> None:
        self.query_one("#browse-said", Static).update(Content.styled(HINT, MUTED))

    def type(self, text: str) -> None:
        """Append text to the path."""
        line = self.query_one(LineInput)
        line.value += text
        line.cursor_position = len(line.value)
        self.set_focus(line)
