"""Refused messages are kept with their reason, wholly, so that they can be tried again."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.quarantine import REASONS, Quarantined, check_reason, message_of, quarantine
from schemas.message import RawMessage, Rejected
from schemas.refusal import CODES
from tests.schemas import sound

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


def test_every_reason_is_known() -> None:
    """Whatever the code refuses messages with is a reason to ask for, and nothing else is."""
    root = Path(__file__).parents[2]
    text = "".join(
        file.read_text("utf-8") for part in ("bridge", "schemas") for file in (root / part).rglob("*.py")
    )
    written = set(re.findall(r"\b(?:Rejected|TooMany)\(\s*\"(\w+)\"", text))
    assert set() == written - REASONS
    assert {"too_many_devices", "too_many_metrics", "internal_error"} == REASONS - CODES
    assert sound.CODES == CODES


def test_what_is_no_reason_is_told() -> None:
    """A slip is named with the reasons that there are; one that another version knew and kept is none."""
    check_reason("wrong_type", {})
    check_reason("of_old", {"of_old": 3})
    with pytest.raises(ValueError, match='there is no reason "wrong_tipe"; known are future_time, '):
        check_reason("wrong_tipe", {"of_old": 3})
