"""JSON with a checksum of its content, so that a changed byte is noticed."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def dumps(content: Any) -> bytes:
    """The content as JSON, with its SHA-256."""
    return json.dumps({"sha256": _digest(content), "content": content}).encode()


def loads(data: bytes | str) -> Any:
    """The content; ValueError where it is not what was written.

    Content that was written without a checksum, as earlier versions did, is returned as it is.
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
