"""Delivers files to the browser that shows the app."""

from __future__ import annotations

import io
import mimetypes
import shutil
from pathlib import Path

from textual.app import App


def packed(path: Path) -> Path:
    """Return a file as it is; a folder as a ZIP archive beside it."""
    return Path(shutil.make_archive(str(path), "zip", path)) if path.is_dir() else path


def deliver(app: App[int], name: str, content: bytes) -> None:
    """Let the browser save a file of this name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    app.deliver_binary(io.BytesIO(content), save_filename=name, mime_type=kind)
