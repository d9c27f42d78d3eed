"""What is wrong with a message, in a reader's language: in parts, and as sentences that are kept as text."""

import re

import pytest

from bridge.quarantine import Quarantined
from dashboard.reader import ENGLISH, Reader
from dashboard.refusals import Row, Verdict, detail_said, rows, rows_of_detail, verdict
from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import RawMessage, Rejected
from tests.dashboard.test_language import REFUSED

KINDS = shipped_kinds()
CHINESE = Reader("zh")


def refusal(topic: str, payload: bytes) -> Rejected:
    """The refusal of a message."""
    outcome = decode(RawMessage(f"fleet/{topic}", payload, 1.0), KINDS)
    assert isinstance(outcome, Rejected)
    return outcome


def test_a_mistake_is_told_in_parts() -> None:
    """Where, what was expected, what came: of each field, of what is missing, of a text that is no JSON."""
    assert [
        Row("temperature", "a number between -50 and 100 °C", "999"),
        Row("humidity", "a number between 0 and 100 %", "true"),
    ] == rows(refusal("thermostat/a/state", b'{"temperature": 999, "humidity": true}').mistakes, ENGLISH)
    (missing,) = rows(refusal("plug/a/state", b"{}").mistakes, CHINESE)
    assert Row("on", "true 或 false", "没有：缺少该字段") == missing
    (broken,) = rows(refusal("plug/a/state", b'{"on":\n tru}').mistakes, ENGLISH)
    assert Row("the message", "JSON", "line 2, column 5: expected ident") == broken


@pytest.mark.parametrize(("topic", "payload"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_every_sentence_is_known_in_every_language(topic: str, payload: bytes) -> None:
    """A kept sentence reads in Chinese without a word of English that no device has said."""
    detail = refusal(topic, payload).detail
    said = detail_said(detail, CHINESE)
    assert detail == detail_said(detail, ENGLISH)
    known = {"JSON", "UTF", "online", "offline", "false", "true", "ff8800", "idle", "running", "fault"}
    known |= {"maintenance", "NaN", "ppm", "kWh", "rpm", "xff", "T12", "00Z", "temperature"}
    said_by_it = set(re.findall(r"[A-Za-z]\w+", payload[:400].decode("utf-8", "replace")))
    assert set() == set(re.findall(r"[A-Za-z]\w+", said)) - known - said_by_it


def test_several_sentences_are_told_one_by_one() -> None:
    """Those that are joined, and how many more there are; a text that is not ours stays."""
    kept = (
        'on: expected true or false, got 7; level: expected a number between 0 and 9, got "a; b"; and 3 more'
    )
    told = 'on：应为true 或 false，实际为 7；level：应为0 到 9 之间的数，实际为 "a; b"；还有 3 个'
    assert told == detail_said(kept, CHINESE)
    assert "because of the weather" == detail_said("because of the weather", CHINESE)


def test_a_kept_sentence_is_told_in_parts_too() -> None:
    """Where all of it is of that shape; else it stays a sentence."""
    kept = 'on: expected true or false, got "yes"; level: expected a number between 0 and 9, got 10'
    assert [Row("on", "true 或 false", '"yes"'), Row("level", "0 到 9 之间的数", "10")] == rows_of_detail(
        kept, CHINESE
    )
    for other in (f"{kept}; and 3 more", f"{kept}…", "a fault of ours, see the log"):
        assert not rows_of_detail(other, ENGLISH)


def test_the_present_kinds_judge() -> None:
    """Refused still, for this reason; or it would pass; or it cannot be said of what is cut."""

    def judged(payload: bytes, size: int) -> Verdict:
        entry = Quarantined(1, 1.0, "fleet/plug/a/state", "wrong_type", "earlier", payload, size)
        return verdict(entry, KINDS)

    assert Verdict("") == judged(b'{"on": true}', 12)
    assert Verdict(None) == judged(b'{"on": true}', 13)
    assert ("wrong_type", "on: expected true or false, got 1") == judged(b'{"on": 1}', 9)[:2]
