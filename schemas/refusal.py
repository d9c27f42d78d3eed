"""Why a message is refused: a short code and a sentence with the field, what was expected and what came."""

import json
import math
import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.image import Image
from schemas.kind import Kind, Metric
from schemas.message import Mistake, Rejected
from schemas.picture import NoPicture
from schemas.traits import Color, Counter, Location, Numeric, Text, Timestamp

CODES = frozenset(
    {
        "too_large", "invalid_utf8", "invalid_json", "not_an_object", "missing_field",
        "unknown_field", "wrong_type", "out_of_range", "not_finite", "invalid_time", "future_time",
        "invalid_availability", "invalid_value",
    }
)  # fmt: skip
"""Every code that a message can be refused with."""

MAX_SHOWN = 80
MAX_LINE = 300
MISTAKES = 8
"""Mistakes of one message that are told in parts."""
_DETAILED = 2

_RANGE_ERRORS = frozenset(
    {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "multiple_of", "int_parsing_size"}
)
_TYPE_ERRORS = frozenset({"float_type", "int_type", "int_from_float", "bool_type", "string_type"})


def refusal_of(error: ValidationError, kind: Kind, payload: bytes) -> Rejected:
    """The refusal of a state message. The code and the field are those of the first mistake."""
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    if first["type"] == "json_invalid":
        return _not_json(first, payload)
    if not first["loc"]:
        if first["type"].startswith("model_"):
            wrong = Mistake((), "a JSON object", shown(first["input"]))
            return Rejected("not_an_object", sentence(wrong), mistakes=(wrong,))
        wrong = Mistake((), first["msg"], "", own=True)
        return Rejected("invalid_value", one_line(f"the message: {first['msg']}"), mistakes=(wrong,))
    wrongs = tuple(_mistake(mistake, kind) for mistake in mistakes[:MISTAKES])
    sentences = [sentence(wrong) for wrong in wrongs[:_DETAILED]]
    if len(mistakes) > _DETAILED:
        sentences.append(f"and {len(mistakes) - _DETAILED} more")
    metric = _metric(first, kind)
    field = metric.name if metric is not None else _field(first)
    return Rejected(_code(first, kind), one_line("; ".join(sentences)), field, wrongs)


def place_of(wrong: Mistake) -> str:
    """Where a mistake is, in words: the field, with dots between levels, or the message."""
    return named(".".join(str(part) for part in wrong.path)) if wrong.path else "the message"


def sentence(wrong: Mistake) -> str:
    """A mistake in one sentence: where, what was expected, and what came."""
    expected = wrong.expected if wrong.own else f"expected {wrong.expected}"
    why = f" ({wrong.why})" if wrong.why else ""
    return f"{place_of(wrong)}: {expected}, got {wrong.came}{why}"


def expectation(metric: Metric) -> str:
    """What a field takes, in words: `a number between -50 and 100 °C`."""
    trait = metric.trait
    number = "a whole number" if metric.whole else "a number"
    if isinstance(trait, Numeric):
        low, high = trait.bounds
        unit = f" {trait.unit}" if trait.unit else ""
        return f"{number} between {low:.15g} and {high:.15g}{unit}"
    if isinstance(trait, Counter):
        return f"{number} from 0 to {2**63 - 1 if metric.whole else '2^63'} {trait.unit}".rstrip()
    if isinstance(trait, Location):
        low, high = trait.bounds
        return f"a {trait.axis} between {low:g} and {high:g}"
    if isinstance(trait, Timestamp):
        return _MOMENTS[trait.unit]
    if isinstance(trait, Color):
        return "a colour such as #ff8800"
    if isinstance(trait, Image):
        return f"a picture in base64 (JPEG, PNG, GIF or WebP) of at most {trait.max_bytes:,} bytes"
    if isinstance(trait, Text):
        return f"a text of at most {trait.max_length} characters"
    return f"one of {', '.join(metric.options)}" if metric.options else "true or false"


def shown(value: object) -> str:
    """A value as JSON on one line, at most 80 characters, without characters that do not print."""
    if isinstance(value, str):
        text = f'"{value[:MAX_SHOWN]}"'
    elif isinstance(value, float) and not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    else:
        text = _json(value)
    return one_line(text, MAX_SHOWN)


def named(field: str) -> str:
    """The name of a field as `shown` shows it, without quotes."""
    return one_line(field, MAX_SHOWN)


def one_line(text: str, length: int = MAX_LINE) -> str:
    """A text cut to a length, without characters that do not print."""
    text = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text[: length + 1])
    return text if len(text) <= length else f"{text[: length - 1]}…"


_AT = re.compile(r"at line (\d+) column (\d+)")
_MOMENTS = {
    "rfc3339": "a time with its zone such as 2026-01-31T12:00:00Z",
    "s": "a time in seconds since 1970",
    "ms": "a time in milliseconds since 1970",
}


def _not_json(mistake: ErrorDetails, payload: bytes) -> Rejected:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        came = f"the byte 0x{payload[error.start]:02x} at {error.start}"
        wrong = Mistake((), "UTF-8 text", came, error.start)
        return Rejected("invalid_utf8", sentence(wrong), mistakes=(wrong,))
    reason = str(mistake.get("ctx", {}).get("error", mistake["msg"]))
    at = _offset(payload, reason)
    if payload.startswith(b"\xef\xbb\xbf"):
        reason, at = "it starts with a byte order mark", 0
    code = "out_of_range" if reason.startswith("number out of range") else "invalid_json"
    got = shown(payload[: MAX_SHOWN * 4].decode("utf-8", "ignore"))
    wrong = Mistake((), "JSON", got, at, why=reason)
    return Rejected(code, one_line(sentence(wrong)), mistakes=(wrong,))


def _offset(payload: bytes, reason: str) -> int | None:
    """The byte that a parser's `… at line 2 column 7` means; both count from 1, columns in bytes."""
    found = _AT.search(reason)
    if found is None:
        return None
    before = payload.split(b"\n")[: int(found[1]) - 1]
    return min(sum(len(line) + 1 for line in before) + max(int(found[2]) - 1, 0), len(payload))


def _mistake(mistake: ErrorDetails, kind: Kind) -> Mistake:
    metric = _metric(mistake, kind)
    path, got = mistake["loc"], shown(mistake["input"])
    if mistake["type"] == "missing":
        return Mistake(path, _expected(mistake, metric), "a message without it", missing=True)
    if mistake["type"] == "extra_forbidden":
        return Mistake(path, f"only the fields that {kind.name} declares", f"this one with {got}")
    cause = mistake.get("ctx", {}).get("error")
    if isinstance(cause, NoPicture):
        return Mistake(path, cause.expected, cause.came)
    if mistake["type"] in ("value_error", "assertion_error"):
        return Mistake(path, shown(mistake["msg"].split(", ", 1)[-1])[1:-1], got, own=True)
    return Mistake(path, _expected(mistake, metric), got)


def _expected(mistake: ErrorDetails, metric: Metric | None) -> str:
    return expectation(metric) if metric is not None else mistake["msg"]


def _code(mistake: ErrorDetails, kind: Kind) -> str:
    kind_of_mistake, got = mistake["type"], mistake["input"]
    if kind_of_mistake == "missing":
        return "missing_field"
    if kind_of_mistake == "extra_forbidden":
        return "unknown_field"
    metric = _metric(mistake, kind)
    if metric is not None and isinstance(metric.trait, Timestamp):
        return "invalid_time"
    if metric is not None and isinstance(metric.trait, Image) and _too_large(mistake):
        return "too_large"
    # An integer too large for a float is told as not finite, or as no number at all.
    is_number = metric is not None and isinstance(metric.trait, Numeric | Counter | Location)
    huge = isinstance(got, int) and abs(got) >= 2**63
    if (huge and is_number) or kind_of_mistake in _RANGE_ERRORS:
        return "out_of_range"
    if kind_of_mistake == "finite_number":
        return "not_finite"
    if kind_of_mistake in _TYPE_ERRORS:
        return "wrong_type"
    if kind_of_mistake in ("literal_error", "enum") and not isinstance(got, str):
        return "wrong_type"
    return "invalid_value"


def _too_large(mistake: ErrorDetails) -> bool:
    error = mistake.get("ctx", {}).get("error")
    return mistake["type"] == "string_too_long" or (isinstance(error, NoPicture) and error.large)


def _field(mistake: ErrorDetails) -> str:
    return named(".".join(str(part) for part in mistake["loc"]))


def _metric(mistake: ErrorDetails, kind: Kind) -> Metric | None:
    return kind.fields.get(str(mistake["loc"][0]))


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return f"a very large {'number' if isinstance(value, int) else 'value'}"


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}"
