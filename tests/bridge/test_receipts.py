"""What was delivered before: by packet id and content where the broker says so, or by the device's number."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.ports import AFRESH, RECEIPTS_KEPT, Receipt
from bridge.receipts import SEQUENCES_KEPT, Receipts, Sequences, digest_of
from schemas.message import RawMessage

LARGEST_ID = 65_535


def message(topic: str = "t", payload: bytes = b"1") -> RawMessage:
    """A message of this topic and payload."""
    return RawMessage(topic, payload, 1.0)


def test_the_same_delivery_is_known() -> None:
    """Packet id and content together are a delivery; another of either is another one."""
    receipts = Receipts([Receipt(5, 1)])
    receipts.add(Receipt(6, 2))
    asked = [Receipt(5, 1), Receipt(6, 2), Receipt(5, 2), Receipt(6, 1), Receipt(7, 1)]
    assert [True, True, False, False, False] == [receipts.repeated(receipt) for receipt in asked]


def test_an_id_stands_for_its_last_message() -> None:
    """When a packet id is used again, the message before is not meant any more."""
    receipts = Receipts([Receipt(5, 1), Receipt(5, 2)])
    assert (receipts.repeated(Receipt(5, 1)), receipts.repeated(Receipt(5, 2))) == (False, True)


def test_only_the_newest_count() -> None:
    """Of all receipts the newest so many are known, so that an id of the next round is not taken for it."""
    receipts = Receipts()
    for packet_id in range(1, LARGEST_ID + 1):
        receipts.add(Receipt(packet_id, 1))
    oldest = LARGEST_ID - RECEIPTS_KEPT + 1
    assert receipts.repeated(Receipt(oldest, 1))
    assert not receipts.repeated(Receipt(oldest - 1, 1))
    assert not receipts.repeated(Receipt(1, 1))


def test_a_new_session_forgets() -> None:
    """What was delivered in an earlier session means nothing, at once or read from the store."""
    receipts = Receipts([Receipt(1, 1), Receipt(2, 2)])
    receipts.forget()
    receipts.add(Receipt(1, 3))
    stored = Receipts([Receipt(1, 1), Receipt(2, 2), AFRESH, Receipt(1, 3)])
    for found in (receipts, stored):
        assert [False, False, True] == [
            found.repeated(r) for r in (Receipt(1, 1), Receipt(2, 2), Receipt(1, 3))
        ]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), max_size=40), st.integers(0, 40))
def test_a_restart_changes_nothing(deliveries: list[tuple[int, int]], killed_at: int) -> None:
    """Who reads the kept receipts answers as who has seen them."""
    seen = [Receipt(*delivery) for delivery in deliveries]
    before, after = Receipts(seen), Receipts(seen[:killed_at])
    for receipt in seen[killed_at:]:
        after.add(receipt)
    every = [Receipt(packet_id, digest) for packet_id in range(1, 6) for digest in range(3)]
    assert [before.repeated(receipt) for receipt in every] == [after.repeated(receipt) for receipt in every]


def test_the_digest_is_of_topic_and_payload() -> None:
    """It differs with either, fits 32 bits, and knows every topic, even one that is no text."""
    found = {digest_of(m) for m in (message(), message("u"), message(payload=b"2"), message("\udcff"))}
    assert len(found) == 4
    assert all(0 <= digest < 2**32 for digest in found)


def test_a_devices_own_number() -> None:
    """The same number with the same content came before; another device, number or content did not."""
    sequences = Sequences()
    asked = [("a", 1, 9), ("a", 1, 9), ("b", 1, 9), ("a", 2, 9), ("a", 1, 8), ("a", 1, 8), ("a", 1, 9)]
    found = [sequences.repeated(*number) for number in asked]
    assert found == [False, True, False, False, False, True, False]


def test_numbers_have_a_bound() -> None:
    """The oldest are forgotten, of all devices together."""
    sequences = Sequences()
    for number in range(SEQUENCES_KEPT + 1):
        sequences.repeated("a", number, 1)
    assert (sequences.repeated("a", 1, 1), sequences.repeated("a", 0, 1)) == (True, False)
