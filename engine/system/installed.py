"""Versions of installed packages."""

from __future__ import annotations

from importlib import metadata


def version(package: str) -> str | None:
    """Return a package's version; None if it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
