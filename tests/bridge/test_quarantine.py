"""Refused messages are kept with their reason, the newest of them."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.quarantine import KEEP_PAYLOAD, QuarantineBook, Quarantined, quarantine
from schemas.message import RawMessage, Rejected


def entry(number: int, payload: bytes = b"x") -> Quarantined:
    """A refusal with this id."""
    return quarantine(number, RawMessage("t", payload, 1.0), Rejected("invalid_json", "no JSON"))


def test_record_of_a_refusal() -> None:
    """The record says what came, when, where, and why it was refused."""
    raw = RawMessage("fleet/lamp/a/state", b"{}", 12.5)
    expected = Quarantined(
        7, 12.5, "fleet/lamp/a/state", "missing_field", "on: must be there", b"{}", 2, "on"
    )
    assert expected == quarantine(7, raw, Rejected("missing_field", "on: must be there", "on"))


def test_a_large_payload_is_cut_and_its_size_told() -> None:
    """Of a large payload the beginning is kept; `size` is the whole."""
    found = entry(1, b"y" * (KEEP_PAYLOAD + 5))
    assert (KEEP_PAYLOAD, KEEP_PAYLOAD + 5) == (len(found.payload), found.size)


def test_the_payload_is_not_in_the_repr() -> None:
    """A payload of foreign bytes does not reach a log by accident."""
    assert "s3cret" not in repr(entry(1, b"s3cret"))


def test_pages_are_newest_first() -> None:
    """A page begins with the newest, and the next one below the last id of it."""
    book = QuarantineBook()
    for number in range(1, 8):
        book.add(entry(number))
    first = [found.id for found in book.page(limit=3)]
    second = [found.id for found in book.page(first[-1], limit=3)]
    assert ([7, 6, 5], [4, 3, 2]) == (first, second)
    assert [found.id for found in book.page(2)] == [1]
    assert list(book.page(1)) == []


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 8), st.integers(1, 60))
def test_bounds(sizes: list[int], max_items: int, max_bytes: int) -> None:
    """The newest stay, within both bounds (but one may be larger than all); kept + removed are all."""
    book = QuarantineBook(max_items, max_bytes)
    for number, size in enumerate(sizes):
        book.add(entry(number, b"x" * size))
        kept = [found.size for found in book.page(limit=1_000)]
        assert len(kept) <= max_items
        assert sum(kept) <= max_bytes or len(kept) == 1
    ids = [found.id for found in book.page(limit=1_000)]
    assert list(range(len(sizes)))[::-1][: len(ids)] == ids
    assert len(sizes) == len(book) + book.removed
