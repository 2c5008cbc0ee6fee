"""What is said of keys that cannot be used, and of keys that clash."""

from __future__ import annotations

import re

import pytest

from workbench.config import document
from workbench.tui import bindings
from workbench.tui.keymap import KEYMAPS


@pytest.mark.parametrize("name", KEYMAPS)
def test_the_keymaps_that_are_offered_are_sound(name: str) -> None:
    checked = bindings.check("standard", KEYMAPS[name])
    assert [*checked.mistakes, *checked.clashes] == []


def test_no_letter_that_moves_in_a_list_takes_a_key_of_its_screen() -> None:
    letters = ("j", "k", "g", "G")
    shadowed = [
        (widget.kind.__name__, key, other)
        for widget, screen in (chain for chain in bindings._chains() if len(chain) == 2)
        for key, _, other in bindings._shared([bindings._keys(one, {}) for one in (widget, screen)], 0, 1)
        if key in letters
    ]
    assert shadowed == []


@pytest.mark.parametrize(
    ("id", "keys", "message"),
    [
        ("run.strat", "x", "unknown binding 'run.strat': did you mean 'run.start'?"),
        ("run.start", "", "a key is missing"),
        ("run.start", "x,", "a key is missing"),
        ("run.start", "ctrl+c", "ctrl+c interrupts the program"),
        ("run.start", "escpae", "unknown key 'escpae': did you mean 'escape'?"),
        ("run.start", "control+x", "unknown modifier 'control'"),
        ("run.start", "shift+a", "a terminal sends 'A' for shift+a: write that"),
        ("form.apply", "y", "'y' would be typed into the field"),
        ("line.cancel", "?", "'?' would be typed into the field"),
        ("find.clear", "space", "' ' would be typed into the field"),
    ],
)
def test_a_key_that_cannot_be_is_not_used_and_said(id: str, keys: str, message: str) -> None:
    checked = bindings.check("standard", {id: keys, "run.stop": "f3"})
    assert checked.keymap == {"run.stop": "f3"}
    ((where, why),) = checked.mistakes
    assert (where, why.startswith(message)) == (id, True), why


@pytest.mark.parametrize(
    "keys", ["x", "?", "question_mark", "f5,r", "ctrl+x", "é", "shift+up", "alt+enter", "pagedown"]
)
def test_a_key_is_taken_by_its_character_or_its_name(keys: str) -> None:
    assert bindings.check("standard", {"experiment.sanity": keys}).mistakes == []


def test_clashes_are_said_with_what_the_key_does() -> None:
    clashes = bindings.check("standard", {"run.start": "x", "mode.runs": "?", "list.up": "f"}).clashes
    assert "x is the key of run.start and of stack.remove: on the screen Experiment it does run.start" in clashes
    assert "question_mark is the key of mode.runs and of app.help: everywhere it does mode.runs" in clashes
    assert "f is the key of list.up and of runs.find: on the screen Runs it does list.up" in clashes


def test_two_keys_that_change_places_do_not_clash() -> None:
    assert bindings.check("standard", {"run.start": "x", "stack.remove": "r"}).clashes == ()


def test_the_vim_keymap_tells_of_what_a_person_sets_beside_it() -> None:
    (clash,) = bindings.check("vim", {"run.start": "J"}).clashes
    assert clash.startswith("J is the key of")
    assert {"run.start", "experiment.sanity"} <= set(re.findall(r"[a-z]+[.][a-z]+", clash))


def test_every_key_of_every_screen_is_listed_with_its_words() -> None:
    found = bindings.bindings()
    assert found["run.start"].key == "r"
    assert found["help.close"].key == "escape,question_mark,q"
    assert [id for id, one in found.items() if not one.words] == []
    lines = [document.KeyLine(*one) for one in found.values()]
    assert all(f'"{one.id}" = ' in document.text(document.Config(), lines) for one in lines)
