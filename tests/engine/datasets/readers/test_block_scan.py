"""What is counted in blocks of bytes, against a plain reading of the same bytes."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.datasets.readers import block_scan


@example("0", 1)
@given(st.text("01;a-. \n#,", max_size=60), st.integers(1, 70))
def test_a_block_is_scanned_as_it_is_read_line_by_line(text: str, part: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(block_scan, "_CACHED", part)
        found = block_scan.scan(block := f"{text}\n".encode(), b";", "#")
    assert found.lines == block.count(b"\n")
    assert found.separators == block.count(b";")
    assert found.odd == any(line[:1] in (b"", b" ", b"#") for line in block.split(b"\n")[:-1])
    if re.search(rb"(^|;) ?[+-]?0\d", block, re.MULTILINE):
        assert found.zeros


@pytest.mark.parametrize("text", ["1;2024-05-31\n", "a 07;1\n", "0.5;10\n", "1e-05;3\n"])
def test_zeros_within_a_field_are_no_codes(text: str) -> None:
    assert not block_scan.scan(text.encode(), b";", None).zeros
