"""From a decoded message to what the store keeps of it. Pure."""

from bridge.ports import Record, Unread
from bridge.state import UNCLAIMED
from schemas.message import Outcome, RawMessage, Readings, Unclaimed

NOTHING: tuple[None, None] = (None, None)


def kept_of(raw: RawMessage, outcome: Outcome) -> tuple[Record | None, Unread | None]:
    """The readings to keep, and the message itself where they do not hold all of it.

    A retained copy tells what is, not when it came to be: it is history only by the device's own time.
    """
    if isinstance(outcome, Readings):
        kind, time = outcome.kind, outcome.device_time
    elif isinstance(outcome, Unclaimed):
        kind, time = UNCLAIMED, None
    else:
        return NOTHING
    if time is None:
        if raw.retained:
            return NOTHING
        time = raw.received_at
    record = Record(outcome.device_id, kind, time, raw.received_at, outcome.readings)
    return record, None if outcome.whole else Unread(outcome.device_id, raw)
