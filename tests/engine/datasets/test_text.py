"""Words and ids as Keras has them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.datasets.text import UNSPACED, Vocabulary, tokenise, without_markup

# `text_to_word_sequence` as Keras defines it, spelt out: it is in no public module any more.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r'  # and a carriage return


def keras_words(text: str) -> list[str]:
    table = str.maketrans(dict.fromkeys(FILTERS, " "))
    return [word for word in text.lower().translate(table).split(" ") if word]


@given(st.text())
def test_texts_are_split_as_keras_splits_them(text: str) -> None:
    assume(not UNSPACED.search(text))
    assert tokenise(text) == keras_words(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("茶很好喝，屏幕很亮。", list("茶很好喝屏幕很亮")),
        ("とてもGood です！", ["と", "て", "も", "good", "で", "す"]),
        ("ดีมาก", ["ดี", "ม", "า", "ก"]),
        ("café naïve", ["café", "naïve"]),
        ("한국어 문장", ["한국어", "문장"]),
    ],
)
def test_scripts_without_spaces_are_split_into_letters(text: str, words: list[str]) -> None:
    assert tokenise(text) == words


def test_line_ends_of_windows_and_of_web_pages_are_no_part_of_words() -> None:
    assert tokenise("one two\r\nthree") == ["one", "two", "three"]
    assert without_markup("one<br /><BR>two\r\nthree <b>") == "one\n\ntwo\nthree <b>"


def test_words_keep_apostrophes_and_odd_spaces() -> None:
    assert tokenise("Don't <br /> stop...it\x85now") == ["don't", "br", "stop", "it\x85now"]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.of_index({"the": 1, "film": 2, "great": 4})


def test_ids_are_ranks_and_three_behind_a_start_mark(vocabulary: Vocabulary) -> None:
    assert vocabulary.ids("The GREAT unknown film").tolist() == [1, 4, 7, 2, 5]
    assert len(vocabulary) == 8


def test_decoding_shows_what_is_no_word_as_a_question_mark(vocabulary: Vocabulary) -> None:
    assert vocabulary.decode([0, 0, 1, 4, 2, 5, 6, 99]) == "? the ? film ? ?"


@given(st.lists(st.text(min_size=1).flatmap(lambda text: st.sampled_from(tokenise(text) or ["x"])), unique=True))
def test_a_vocabulary_survives_being_written(words: list[str]) -> None:
    assert Vocabulary.of_bytes(Vocabulary(tuple(words)).to_bytes()).words == tuple(words)
