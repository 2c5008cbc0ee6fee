"""The workbench's classes of a kind, for tests of all of them."""

from __future__ import annotations

from collections.abc import Iterator


def below(kind: type) -> Iterator[type]:
    """The subclasses of a class, at any depth, that the workbench defines in modules that are imported."""
    for one in kind.__subclasses__():
        yield from below(one)
        if one.__module__.startswith("workbench."):
            yield one
