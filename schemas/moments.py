"""How a moment stands in JSON: as text, or as a number of seconds or milliseconds. Core schemas only."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from pydantic_core import CoreSchema, core_schema

_LAST_SECOND = 253_402_300_799
_SCALE = {"s": 1, "ms": 1000}
_RFC_3339 = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)


def moment_schema(unit: Literal["rfc3339", "s", "ms"]) -> CoreSchema:
    """Exactly one notation from JSON, and moments with a zone from Python."""
    return core_schema.json_or_python_schema(
        json_schema=_from_text() if unit == "rfc3339" else _from_number(_SCALE[unit]),
        python_schema=core_schema.datetime_schema(strict=True, tz_constraint="aware"),
        serialization=None if unit == "rfc3339" else _to_number(_SCALE[unit]),
    )


def _from_text() -> CoreSchema:
    # The pattern comes first because pydantic also reads plain dates and numbers in a text as a moment.
    return core_schema.chain_schema(
        [
            core_schema.str_schema(strict=True, pattern=_RFC_3339),
            core_schema.datetime_schema(
                strict=False, tz_constraint="aware", microseconds_precision="truncate"
            ),
        ]
    )


def _from_number(scale: int) -> CoreSchema:
    def moment(number: float) -> datetime:
        return datetime.fromtimestamp(number / scale, UTC)

    return core_schema.no_info_after_validator_function(
        moment,
        core_schema.float_schema(strict=True, allow_inf_nan=False, ge=0.0, le=float(_LAST_SECOND * scale)),
    )


def _to_number(scale: int) -> core_schema.SerSchema:
    def number(moment: datetime) -> float:
        return moment.timestamp() * scale

    to_number: Callable[[datetime], float] = number
    return core_schema.plain_serializer_function_ser_schema(to_number, when_used="json-unless-none")
