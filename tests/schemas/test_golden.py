"""Golden cases: one data file a kind."""

import base64
import json
from pathlib import Path
from typing import TypedDict

import pytest

from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import Announcement, Ignored, RawMessage, Readings, Rejected

FOLDER = Path(__file__).parent / "golden"
KINDS = shipped_kinds()
NOW = 1_780_000_000.0
UNSAID: dict[str, object] = {
    "extra": {},
    "device_time": None,
    "name": None,
    "place": None,
    "sequence": None,
    "whole": True,
}
"""What need not stand in a file."""


class Case(TypedDict, total=False):
    """One message and what becomes of it."""

    topic: str
    payload: str
    payload_base64: str
    expect: dict[str, object]


def cases() -> list[tuple[str, Case]]:
    """Every case of every file, with the kind's name."""
    found: list[tuple[str, Case]] = []
    for file in sorted(FOLDER.glob("*.json")):
        found += [(file.stem, case) for case in json.loads(file.read_text(encoding="utf-8"))]
    return found


def told(outcome: object, kind: str) -> dict[str, object]:
    """An outcome in the words of the golden files."""
    if isinstance(outcome, Rejected):
        return {"rejected": outcome.code, "field": outcome.field, "detail": outcome.detail}
    if isinstance(outcome, Ignored):
        return {"ignored": outcome.reason}
    assert isinstance(outcome, Announcement | Readings)
    assert (outcome.kind, outcome.device_id) == (kind, f"{kind}.one")
    if isinstance(outcome, Announcement):
        return {"online": outcome.online}
    return {
        "readings": {item.metric: item.value for item in outcome.readings if not item.extra},
        "extra": {item.metric: item.value for item in outcome.readings if item.extra},
        "device_time": outcome.device_time,
        "name": outcome.name,
        "place": outcome.place,
        "sequence": outcome.sequence,
        "whole": outcome.whole,
    }


@pytest.mark.parametrize(
    ("kind", "case"), cases(), ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(cases())]
)
def test_golden(kind: str, case: Case) -> None:
    """Every message of the golden files becomes what stands beside it."""
    payload = (
        base64.b64decode(case["payload_base64"]) if "payload_base64" in case else case["payload"].encode()
    )
    got = told(decode(RawMessage(case["topic"], payload, NOW), KINDS), kind)
    expected = case["expect"]
    if "readings" in expected:
        expected = UNSAID | expected
        assert expected == got
    assert expected == {name: got.get(name) for name in expected}


def test_every_kind_has_golden_cases() -> None:
    """Every shipped kind has a file of golden cases, with messages accepted and refused."""
    told_of: dict[str, set[str]] = {}
    for kind, case in cases():
        told_of.setdefault(kind, set()).update(case["expect"])
    assert {kind.name for kind in KINDS} == set(told_of)
    assert [] == [kind for kind, words in told_of.items() if not {"readings", "rejected", "online"} <= words]


def test_units_come_with_the_readings() -> None:
    """A reading carries the unit of its metric."""
    outcome = decode(RawMessage("fleet/tank/one/state", b'{"level":5,"volume":7}', NOW), KINDS)
    assert isinstance(outcome, Readings)
    assert [("level", "%"), ("volume", "L")] == [(item.metric, item.unit) for item in outcome.readings]
