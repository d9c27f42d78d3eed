"""What is marked in a payload: the field, the word that cannot be read, the byte; and how much is shown."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.marking import LEVELS, LIMIT, Piece, pieces, plain_text
from dashboard.wording import laid_out
from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import Mistake, RawMessage, Rejected

KINDS = shipped_kinds()


def refused(payload: bytes, topic: str = "fleet/thermostat/a/state") -> Sequence[Mistake]:
    """What is wrong with a message."""
    outcome = decode(RawMessage(topic, payload, 1.0), KINDS)
    assert isinstance(outcome, Rejected)
    return outcome.mistakes


def marked(payload: bytes, topic: str = "fleet/thermostat/a/state") -> list[str]:
    """The marked pieces of a message that is refused."""
    return [piece.text for piece in pieces(payload, refused(payload, topic)) if piece.marked]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"temperature": 999, "humidity": 4}', ['"temperature": 999']),
        (b'{"temperature": 999, "temperature": "x"}', ['"temperature": 999', '"temperature": "x"']),
        (b'{"temperature": "a\\"b", "humidity": 200}', ['"temperature": "a\\"b"', '"humidity": 200']),
        (b'{"x": {"temperature": 1}, "temperature": []}', ['"temperature": []']),
        (b'{"temperature": 20, "x": {"y": {"z": NaN}}}', ['"z": NaN']),
        (b'{"temperature": 20, "a.b": 1e999}', ['"a.b": 1e999']),
        (b'{"humidity": 4}', []),
        (b"[20, 21]", ["[20, 21]"]),
        (b"warm", ["warm"]),
        (b'{"temperature": twenty}', ["twenty"]),
        (b'{"temperature": 20,}', ["}"]),
        (b'{"temperature": 20', ["20"]),
        (b'{"a": "\xc3\xbc",\n "temperature": ]', ["]"]),
        (b"\xef\xbb\xbf{}", ["\\ufeff"]),
        (b'{"temperature": "\xff"}', ["ff"]),
    ],
    ids=[
        "value", "twice", "two", "elsewhere", "nested", "dot", "missing", "array",
        "word", "ident", "comma", "end", "line", "mark", "byte",
    ],
)  # fmt: skip
def test_what_is_wrong_is_marked(payload: bytes, expected: list[str]) -> None:
    """The field with its value, or where it cannot be read further; nothing where something is missing."""
    assert expected == marked(payload)


def test_availability_that_is_none_is_marked_whole() -> None:
    """A short message that is wrong as one is marked as one."""
    assert ["perhaps"] == marked(b"perhaps", "fleet/thermostat/a/availability")


def test_a_field_of_many_lines_is_marked_on_all() -> None:
    """JSON that is long has a line for each part; each that belongs to the mistake is marked."""
    payload = b'{"temperature": {"deep": [1, 2], "er": null}, "humidity": 40, "heating": true}'
    assert (
        "{\n"
        '  →"temperature": {←\n'
        '    →"deep": [←\n'
        "      →1,←\n"
        "      →2←\n"
        "    →],←\n"
        '    →"er": null←\n'
        "  →}←,\n"
        '  "humidity": 40,\n'
        '  "heating": true\n'
        "}"
    ) == plain_text(pieces(payload, refused(payload)))


def test_a_mark_far_down_is_shown() -> None:
    """Of a long payload the beginning is left out, and it says so at both ends."""
    filler = b"z" * 3_000
    payload = b'{"a": "%s", "temperature": "x", "b": "%s"}' % (filler, filler)
    shown = pieces(payload, refused(payload))
    assert ("…", "…") == (shown[0].text, shown[-1].text)
    assert Piece('"temperature": "x"', marked=True) in shown
    assert LIMIT + 2 == len("".join(piece.text for piece in shown))
    binary = b"\x00" * 9_000 + b"\xff" + b"\x00" * 9_000
    assert [("ff", True)] == [piece for piece in pieces(binary, refused(binary)) if piece.marked]


def test_what_does_not_print_is_escaped() -> None:
    """Control and direction characters of a payload never reach the screen as themselves."""
    assert [Piece("a\\u202eb\\u0007\nc")] == list(pieces("a\u202eb\a\nc".encode()))
    assert [] == list(pieces(b""))


def inner(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Lists and objects of these values."""
    return st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=4), values, max_size=3)


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=9), inner, max_leaves=12)


@given(JSON, st.booleans())
def test_marking_changes_nothing_of_json(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    """Whatever is marked, the text is the one that is shown of any JSON elsewhere."""
    payload = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    wrongs = [Mistake((key,), "", "") for key in value] if isinstance(value, dict) else []
    try:
        expected = laid_out(payload).decode()
    except UnicodeDecodeError:
        return
    shown = "".join(piece.text for piece in pieces(payload, wrongs, 10_000))
    assert expected.replace(" ", "") == shown.replace(" ", "") or not expected.isprintable()


@given(st.binary(max_size=200), st.integers(0, 250))
def test_any_bytes_can_be_shown(payload: bytes, at: int) -> None:
    """No payload and no place is too odd."""
    assert len(plain_text(pieces(payload, [Mistake((), "JSON", "", at)]))) < 6 * LIMIT
    pieces(payload, [Mistake(("a", 1), "", ""), Mistake((), "", "")])


def test_what_is_wrong_far_down_is_marked_with_what_it_lies_in() -> None:
    """Places are found down to a bound, so that levels without end cost no more than others."""
    deep = 300
    payload = b'{"a":' * deep + b'"x"' + b"}" * deep
    shown = pieces(payload, [Mistake(("a",) * deep, "a number", '"x"')], limit=100_000)
    text = "".join(piece.text for piece in shown if piece.marked)
    assert deep - LEVELS + 1 == text.count('"a"')
