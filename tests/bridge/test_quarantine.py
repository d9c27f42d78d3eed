"""Refused messages are kept with their reason, wholly, so that they can be tried again."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.quarantine import Quarantined, message_of, quarantine
from schemas.message import RawMessage, Rejected

WHY = Rejected("missing_field", "on: must be there", "on")


def test_record_of_a_refusal() -> None:
    """The record says what came, when, where and how, and why it was refused; the store gives the id."""
    raw = RawMessage("fleet/lamp/a/state", b"{}", 12.5, retained=True, qos=1, packet_id=7)
    expected = Quarantined(
        0, 12.5, "fleet/lamp/a/state", "missing_field", "on: must be there", b"{}", 2, "on", True, 1
    )
    assert expected == quarantine(raw, WHY)


def test_the_payload_is_not_in_the_repr() -> None:
    """A payload of foreign bytes does not reach a log by accident."""
    assert "s3cret" not in repr(quarantine(RawMessage("t", b"s3cret", 1.0), WHY))


@given(st.text(), st.binary(), st.floats(0, 4e9), st.booleans(), st.integers(0, 1))
def test_it_can_be_tried_again(topic: str, payload: bytes, at: float, retained: bool, qos: int) -> None:  # noqa: FBT001 - drawn
    """The message comes out as it came, but for what only its delivery was marked with."""
    raw = RawMessage(topic, payload, at, retained, qos)
    delivered = raw._replace(dup=True, packet_id=5, connection=3)
    assert raw == message_of(quarantine(delivered, WHY))
