"""Sending notifications: none is on at first, and each way alone turns it on."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.config.model import EVENTS, Notifications
from workbench.notifications.sender import Sender


def sender(**ways: Any) -> Sender:
    """A sender without a terminal."""
    return Sender(Notifications.model_validate(ways), lambda: None, pytest.fail)


def test_no_way_is_on_at_first() -> None:
    assert not sender().on
    assert Notifications().events == EVENTS


@pytest.mark.parametrize("way", [{"bell": True}, {"title": True}, {"desktop": "osc9"}, {"on_end": "true"}])
def test_each_way_alone_turns_telling_on(way: dict[str, Any]) -> None:
    assert sender(**way).on
