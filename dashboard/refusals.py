"""What is wrong with a refused message, in a reader's words. Pure."""

import re
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from bridge.quarantine import Quarantined, message_of
from dashboard.language import marked
from dashboard.reader import Reader
from dashboard.wording import shown_text
from schemas.catalog import Kinds
from schemas.decode import decode
from schemas.message import Mistake, Rejected
from schemas.refusal import place_of

LITERALS = frozenset({"true", "false", "null"})
"""What is the same in every language where it is a value of JSON."""
NO_VALUE = marked("no value begins here")
"""What a parser of JSON means by an expected value: short beside what was expected instead of the message."""
_AT = re.compile(r"(.+) at line (\d+) column (\d+)")
_SENTENCE = re.compile(r"(.+?): expected (.+?), got (.+)")
_JOINT = re.compile(r'; (?=[^";]{1,80}: expected |and \d+ more$)')


class Verdict(NamedTuple):
    """What the present kinds say of a refused message.

    `now` is the code of a refusal, empty where it would pass, None where it is not kept whole. `detail` is
    their sentence, and `mistakes` the same in parts.
    """

    now: str | None
    detail: str = ""
    mistakes: tuple[Mistake, ...] = ()


class Row(NamedTuple):
    """One mistake for a reader: where, what was expected there, what came."""

    place: str
    expected: str
    came: str


def verdict(entry: Quarantined, kinds: Kinds) -> Verdict:
    """Judge a message anew, as a replay would."""
    if entry.size > len(entry.payload):
        return Verdict(None)
    outcome = decode(message_of(entry), kinds)
    if isinstance(outcome, Rejected):
        return Verdict(outcome.code, outcome.detail, outcome.mistakes)
    return Verdict("")


def rows(mistakes: Sequence[Mistake], reader: Reader) -> Sequence[Row]:
    """The mistakes in a reader's words; what the device says is as it came."""
    return [_row(mistake, reader) for mistake in mistakes]


def detail_said(detail: str, reader: Reader) -> str:
    """The sentence of a refusal, or several that are joined, as far as they are known."""
    said = [reader.told(part) for part in _JOINT.split(detail)]
    return reduce(lambda one, other: reader.say("{one}; {other}", one=one, other=other), said)


def rows_of_detail(detail: str, reader: Reader) -> Sequence[Row]:
    """The same of a sentence that is kept as text; none where it is of another shape, or not all is there."""
    found = [_SENTENCE.fullmatch(part) for part in _JOINT.split(detail)]
    if detail.endswith("…"):
        return ()
    return [
        Row(
            reader.say("the message") if one[1] == "the message" else one[1],
            reader.told(one[2]),
            one[3] if one[3] in LITERALS or one[3].startswith('"') else reader.told(one[3]),
        )
        for one in found
        if one is not None and None not in found
    ]


def _row(wrong: Mistake, reader: Reader) -> Row:
    place = place_of(wrong) if wrong.path else reader.say("the message")
    expected = shown_text(wrong.expected) if wrong.own else reader.told(wrong.expected)
    return Row(place, expected, _came(wrong, reader))


def _came(wrong: Mistake, reader: Reader) -> str:
    if wrong.missing:
        return reader.say("nothing: it is missing")
    if wrong.why:
        at = _AT.fullmatch(wrong.why)
        if at is None:
            return reader.told(wrong.why)
        why = reader.say(NO_VALUE) if at[1] == "expected value" else reader.told(at[1])
        return reader.say("line {line}, column {column}: {why}", line=at[2], column=at[3], why=why)
    return wrong.came if wrong.came in LITERALS else reader.told(wrong.came)
