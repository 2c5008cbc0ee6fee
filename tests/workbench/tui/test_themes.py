"""The workbench's own themes: contrast as it is rendered, and which theme is used."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen

from engine.experiment import toml_file
from tests.workbench import fake
from tests.workbench.fake import opened, ran, screen_text, until
from workbench.config.model import Config
from workbench.tui import themes
from workbench.tui.preferences import Preferences
from workbench.tui.sessions import last_session

TEXT, MARK = 4.5, 3.0
"""The least contrast of text, and of lines and marks (WCAG 2.1, success criteria 1.4.3 and 1.4.11)."""


def contrast(first: Color, second: Color) -> float:
    """The contrast ratio of two colours (WCAG 2.1)."""

    def luminance(colour: Color) -> float:
        parts = [
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def least(text: str) -> float:
    """The least contrast that a piece of text needs."""
    return TEXT if any(unicodedata.category(letter)[0] in "LN" for letter in text) else MARK


def too_faint(screen: Screen[object], region: Region) -> Iterator[tuple[str, float]]:
    """The pieces of text in a region with too little contrast, but for those of disabled keys."""
    bindings = [active.binding for active in screen.active_bindings.values() if not active.enabled]
    disabled = {words for one in bindings for words in (one.description, screen.app.get_key_display(one))}
    for strip in screen._compositor.render_strips()[region.y : region.bottom]:
        for text, style, _ in strip.crop(region.x, region.right):
            if text.strip() in {"", *disabled} or style is None or not style.color or not style.bgcolor:
                continue
            triplets = (style.color.get_truecolor(), style.bgcolor.get_truecolor(foreground=False))
            found = contrast(*(Color(*one) for one in triplets))
            if round(found, 2) < least(text):
                yield text.strip(), round(found, 2)


@pytest.mark.parametrize("theme", [theme.name for theme in themes.THEMES])
async def test_everything_in_our_own_themes_can_be_read(theme: str) -> None:
    app = fake.app()
    async with opened(app) as (pilot, bench):
        app.theme = theme
        await ran(pilot, bench)
        faint = set(too_faint(bench, bench.region))
        for keys in ("v", "h", "down", "tab", "2", "3", "4", "1"):
            await pilot.press(keys)
            await pilot.pause()
            faint |= set(too_faint(app.screen, app.screen.region))
        for keys in ("?", "a", "o", "w", "d", "/"):
            await pilot.press(keys)
            await until(pilot, lambda: app.screen is not bench or not app.is_running)
            faint |= set(too_faint(app.screen, app.screen.children[0].region))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is bench)
        assert faint == set()


async def test_an_unknown_theme_is_said_and_the_default_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "[b]neon")
    app = fake.app()
    async with opened(app):
        assert app.theme == themes.DEFAULT
        assert any("there is no theme '[b]neon'" in told.message for told in app._notifications)


@pytest.mark.parametrize("theme", ["workbench-light", "nord", "ansi-dark"])
async def test_the_environment_names_the_theme(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", theme)
    app = fake.app()
    async with opened(app) as (pilot, bench):
        assert app.theme == theme
        await ran(pilot, bench)


def configured(**settings: object) -> Preferences:
    """The preferences with these settings of config.toml."""
    return Preferences(Config.model_validate(settings))


async def test_a_configured_theme_beats_the_last_sessions_and_the_environment_beats_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last_session.write(last_session.LastSession("dracula", toml_file.load("imdb")))
    for environment, preferences, theme in (
        ("", configured(), "dracula"),
        ("", configured(theme="nord"), "nord"),
        ("gruvbox", configured(theme="nord"), "gruvbox"),
    ):
        monkeypatch.setenv("TEXTUAL_THEME", environment)
        app = fake.app(remembers=True, preferences=preferences)
        async with opened(app):
            assert app.theme == theme


async def test_configured_colours_of_series_are_used_in_every_theme() -> None:
    app = fake.app(preferences=configured(series=["#123456", "#654321"]))
    async with opened(app) as (pilot, _):
        for theme in ("workbench-dark", "workbench-light", "nord"):
            app.theme = theme
            await pilot.pause()
            colours = [app.theme_variables[f"series-{number}"] for number in (1, 2, 3)]
            assert colours[:2] == ["#123456", "#654321"]
            assert colours[2] not in colours[:2]


async def test_what_is_wrong_with_the_configuration_is_said_at_the_start() -> None:
    app = fake.app(preferences=Preferences(notices=("config.toml: line 1, [b]moose[/b]: unknown key",)))
    async with opened(app, notifications=True) as (pilot, bench):
        await until(pilot, lambda: "line 1, [b]moose[/b]: unknown key" in screen_text(bench))
