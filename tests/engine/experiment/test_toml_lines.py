"""The line of each key of a TOML file."""

from __future__ import annotations

import tomllib

from engine.experiment.toml_lines import key_lines, line_of


def test_lines_are_those_of_the_keys() -> None:
    text = """\
# [not.a.table]
a = '''
b = 1
'''
"c" = [
  { x = "]" }, # ]
  2,
]
d.e = { f = 1 }

[ t . u ] # comment
v = "#"
[[w]]
x = 1
[[w.y]]
z = 1
[[w]]
x = \"\"\"\\\"\"\"\"\"\"
[[w.y]]
z = 2
[w.q]
r = 1
"""
    tomllib.loads(text)
    lines = key_lines(text)
    assert {path: lines[path] for path in (("a",), ("c",), ("d", "e"), ("t", "u"), ("t", "u", "v"))} == {
        ("a",): 2, ("c",): 5, ("d", "e"): 9, ("t", "u"): 11, ("t", "u", "v"): 12,
    }  # fmt: skip
    assert [lines["w", 0, "x"], lines["w", 0, "y", 0, "z"], lines["w", 1, "x"]] == [14, 16, 18]
    assert [lines["w", 1, "y", 0, "z"], lines["w", 1, "q", "r"]] == [20, 22]
    assert line_of(("c", 0, "x"), lines) == 5
    assert line_of(("nowhere",), lines) is None
