"""Queries that select runs, such as ``wide val_accuracy > .88 and layers == 3 and not tag:old``.

The grammar is :data:`GRAMMAR`. A query consists of free words, which are searched in a run's number, name, state,
tags, note, data set and layers, and of conditions ``name operator value``:

- ``=`` and ``==`` mean equal (ignoring case for text), ``!=`` differs; ``<``, ``<=``, ``>``, ``>=`` compare
  numbers and dates (``2026-11-26``, ``2026-11-26T14:30``); ``:`` means "contains" for text, "equals" for numbers.
- Names are those of :mod:`engine.runs.query_names`: metrics at the best epoch (``val_loss``), on test samples
  (``test.accuracy``), facts of the run (``state``, ``epochs``, ``seconds``), and settings by their path or the end
  of it (``layers.0.units``, ``units``). A setting of several layers matches if one of them does.
- ``not`` binds tightest, then ``and``, which may be omitted, then ``or``; parentheses group. Text that contains a
  space or a parenthesis has to be quoted with double quotes.

A condition on something that a run does not have is neither true nor false: neither it nor its negation matches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.runs.query_names import known_names, words_of
from engine.runs.query_parts import ORDERS, Condition, Node, Not, Several, Word, conditions, orderable
from engine.system.suggest import nearest, shown

if TYPE_CHECKING:
    from lark import Lark, UnexpectedInput

    from engine.runs.records import RunSummary

GRAMMAR = r"""
any: all (OR all)*
all: negated (AND? negated)*
negated: NOT* _term
_term: "(" any ")" | condition | word
condition: NAME OPERATOR (VALUE | QUOTED)
word: NAME | QUOTED

OR.2: /or(?![^\s()"])/i
AND.2: /and(?![^\s()"])/i
NOT.2: /not(?![^\s()"])/i
OPERATOR: /<=|>=|==|!=|=|<|>|:/
NAME: /([^\s()<>=!:"]|!(?!=))+("[^"]*"[^\s()<>=!:"]*)*/
VALUE: /[^\s()"<>=!][^\s()"]*/
QUOTED: /"[^"]*"/
%ignore /\s+/
"""
"""The grammar in Lark's notation; a NAME may contain quoted parts, as in ``data.columns."petal length".role``."""

LONGEST = 2000
"""Maximum number of characters in a query."""

DEEPEST = 30
"""Maximum depth of nested parentheses."""


class QueryError(EngineError):
    """Raised for an invalid query; ``position`` is the character, counted from 1."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"query, character {position}: {problem}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; an empty one matches every run."""

    root: Node | None

    def matches(self, run: RunSummary, words: str) -> bool:
        """Whether a run matches; ``words`` is its text (see :func:`engine.runs.query_names.words_of`)."""
        return self.root is None or self.root.test(run, words) is True

    def check(self, names: Collection[str]) -> None:
        """Raise QueryError if a condition's name is not in ``names``."""
        for condition in conditions(self.root):
            if condition.name not in names:
                near = nearest(condition.name, names)
                hint = f"did you mean {near!r}?" if near else "it is not a metric, fact or setting of a run"
                raise QueryError(f"unknown name {shown(condition.name)}: {hint}", condition.position)


def selected(runs: Iterable[RunSummary], text: str) -> list[RunSummary]:
    """Return the runs that match a query; raises QueryError if it is invalid or contains an unknown name."""
    query, runs = parse(text), list(runs)
    if query.root is None:
        return runs
    query.check(known_names(runs))
    return [run for run in runs if query.matches(run, words_of(run))]


def parse(text: str) -> Query:
    """Parse a query; raises QueryError with position and advice if it is invalid."""
    if len(text) > LONGEST:
        raise QueryError(f"a query has {LONGEST:,} characters at most", LONGEST)
    if (deep := _deepest(text)) is not None:
        raise QueryError(f"parentheses can be nested {DEEPEST} deep at most", deep + 1)
    if not text.strip():
        return Query(None)
    from lark import UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explained(text, error) from None
    return Query(_built(tree))


def _deepest(text: str) -> int | None:
    """Return the position where too many parentheses are open; None if there is none."""
    depth, quoted = 0, False
    for position, character in enumerate(text):
        quoted ^= character == '"'
        depth += 0 if quoted else (character == "(") - (character == ")")
        if depth > DEEPEST:
            return position
    return None


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", start="any")


def _built(tree: Any) -> Node:
    """Build the node of a parse tree; single children are inlined and double negations removed."""
    from lark import Token

    if tree.data == "word":
        return Word(_text(tree.children[0]).lower())
    if tree.data == "condition":
        name, sign, value = tree.children
        return _condition(name, str(sign), value)
    negations = sum(isinstance(child, Token) and child.type == "NOT" for child in tree.children)
    parts = tuple(_built(child) for child in tree.children if not isinstance(child, Token))
    if len(parts) > 1:
        return Several(parts, tree.data == "any")
    return Not(parts[0]) if negations % 2 else parts[0]


def _condition(name: Any, sign: str, value: Any) -> Condition:
    text = _text(value)
    if sign in ORDERS and not orderable(text):
        problem = f"{sign!r} compares with a number or a date such as 2026-11-26, not with {shown(text)}"
        raise QueryError(problem, value.start_pos + 1)
    return Condition(str(name), sign, text, name.start_pos + 1)


def _text(token: Any) -> str:
    return str(token)[1:-1] if token.type == "QUOTED" else str(token)


def _explained(text: str, error: UnexpectedInput) -> QueryError:
    """Turn a parser error into a QueryError that says what is wrong at its position."""
    from lark import UnexpectedToken

    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    position = len(text.rstrip()) if at_end else (error.pos_in_stream or 0)
    rest = text[position:].split(maxsplit=1)[0] if not at_end else ""
    if '"' in rest:
        return QueryError("a closing quotation mark is missing", position + 1)
    expected = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    if "VALUE" in expected:
        found = f", not {shown(rest)}" if rest else ""
        return QueryError(f"a value is expected here{found}: a number, a date, or text", position + 1)
    if at_end and "RPAR" in expected:
        return QueryError("a closing parenthesis is missing", position + 1)
    if at_end:
        return QueryError("a word or a condition such as units=16 is expected here", position + 1)
    return QueryError(f"{shown(rest)} is not expected here: put such text in double quotes", position + 1)
