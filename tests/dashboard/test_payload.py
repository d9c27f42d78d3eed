"""A payload as it is laid out: JSON line by line, and nothing of it changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.wording import laid_out

LONG = """{
  "on": true,
  "name": "a, \\"b\\" {c}",
  "list": [
    1.50,
    -2e3,
    null
  ],
  "none": [],
  "nothing": {},
  "on": false
}"""


def test_long_json_is_laid_out() -> None:
    """Each part has its line, and all of it is as it came, but for the space between."""
    came = LONG.replace("\n", "").replace("  ", "").replace('": ', '":')
    assert LONG == laid_out(came.encode()).decode()
    assert LONG == laid_out(LONG.replace("  ", "").replace("\n", " \t").encode()).decode()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b'{"on": true, "brightness": 41}',
        b"[INFO] this is a line of a log, with a comma, and it is not JSON",
        b'{"cut": true, "of": 1, "which": "the end is not here, since it was',
        b"\xff" * 100,
        b"12345678901234567890123456789012345678901234567890123456789012345678",
    ],
)
def test_all_else_is_left_as_it_is(payload: bytes) -> None:
    """What is short, what is no JSON, and what is no list of parts."""
    assert payload == laid_out(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=30,
)


@given(value=JSON.filter(lambda value: isinstance(value, list | dict)), ascii_only=st.booleans())
def test_laid_out_it_means_the_same(*, value: object, ascii_only: bool) -> None:
    """Whatever JSON came is the same JSON afterwards, and is laid out once for all."""
    came = json.dumps(value, ensure_ascii=ascii_only).encode()
    out = laid_out(came)
    assert json.loads(out) == json.loads(came)
    assert out == laid_out(out)


def test_json_that_nests_without_end_is_shown() -> None:
    """It is moved to the right only so far, and one that cannot be read is left as it is."""
    deep = b"[" * 500 + b"]" * 500
    assert len(laid_out(deep)) < 20 * len(deep)
    for depth in (2_000, 200_000):
        nested = b"[" * depth + b"]" * depth
        assert laid_out(nested).replace(b"\n", b"").replace(b" ", b"") == nested
