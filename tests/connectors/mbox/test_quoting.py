"""mbox quoting: both ways, in memory and in a stream alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transhumance.connectors.mbox.quoting import Rule, quote, quote_blocks, unquote, unquote_blocks

pieces = st.lists(
    st.sampled_from([b"From ", b">", b"\n", b"F", b"Fro", b"m ", b"x", b"\r\n", b">>", b"From"]), max_size=30
)


@pytest.mark.parametrize(
    ("rule", "stored", "message"),
    [
        ("rd", b">From a\n>>From b\n>From", b"From a\n>From b\n>From"),
        ("o", b">From a\n>>From b\nx>From c", b"From a\n>>From b\nx>From c"),
        ("none", b">From a\n", b">From a\n"),
        ("rd", b"> From a\n >From b\n", b"> From a\n >From b\n"),
        ("rd", b"a\r\n>From b", b"a\r\nFrom b"),
    ],
)
def test_unquoting(rule: Rule, stored: bytes, message: bytes) -> None:
    assert unquote(stored, rule)[0] == message


@given(pieces)
def test_mboxrd_can_always_be_undone(parts: list[bytes]) -> None:
    message = b"".join(parts)
    stored = quote(message)
    assert b"\nFrom " not in b"\n" + stored
    assert unquote(stored, "rd")[0] == message


@given(pieces, st.sampled_from(["rd", "o", "none"]), st.integers(1, 9))
def test_blocks_give_the_same(parts: list[bytes], rule: Rule, size: int) -> None:
    data = b"".join(parts)
    blocks = [data[i : i + size] for i in range(0, len(data), size)]
    assert b"".join(unquote_blocks(blocks, rule)) == unquote(data, rule)[0]
    assert b"".join(quote_blocks(blocks)) == quote(data)


def test_a_run_of_marks_is_not_held_in_memory() -> None:
    largest = max(len(part) for part in unquote_blocks((b">" * 1000 for _ in range(500)), "rd"))
    assert largest <= 2000
    run = [b">" * 1000] * 3 + [b"From x"]
    assert b"".join(unquote_blocks(run, "rd")) == b">" * 2999 + b"From x"
    assert b"".join(quote_blocks(run)) == b">" * 3001 + b"From x"
