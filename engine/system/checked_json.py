"""JSON with a checksum of its content, to detect changes."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def dumps(content: Any) -> bytes:
    """Serialise the content as JSON with its SHA-256."""
    return json.dumps({"sha256": _digest(content), "content": content}).encode()


def loads(data: bytes | str) -> Any:
    """Return the content; raises ValueError if it is not what was written.

    Content without a checksum, as written by earlier versions, is returned unchecked.
    """
    try:
        found = json.loads(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict) or not {"sha256", "content"} & found.keys():
        return found
    if found.get("sha256") != _digest(found.get("content")):
        raise ValueError("its checksum does not match its content")
    return found["content"]


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
