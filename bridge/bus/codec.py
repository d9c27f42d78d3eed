"""What goes over the bus, as bytes: frames, states, and how the bridge is doing. Pure.

msgpack, arrays by position, but for what grows from version to version (status and counts), which goes by
name: what the reader does not know is passed over, what the writer did not know has its default. Monotonic
times mean nothing in another process. They travel as Unix seconds: `ahead` is how far the computer's time is
ahead of the monotonic clock, where it is written and where it is read.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import msgpack

from bridge.commands import CommandState
from bridge.errors import BusVersion
from bridge.frames import Trace
from bridge.labels import Label
from bridge.presence import Presence
from bridge.state import Change, DeviceState, MetricState
from bridge.status import BridgeStatus, Counts, Histogram

MARK = b"FG"
VERSION = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Header:
    """What an entry of the stream says besides the changes.

    `epoch` grows with every bridge that leads, `number` by one with each entry of an epoch, so that a gap is
    seen. `run`, `sequence`, the times and the traces are those of the bridge's frame. `fresh`: the snapshot
    was written anew; `told`: the status is news.
    """

    epoch: int
    run: str
    number: int
    sequence: int
    changed_at: float = 0.0
    quarantined: bool = False
    fresh: bool = False
    told: bool = False
    merged: int = 0
    status: BridgeStatus = field(default_factory=BridgeStatus)
    counts: Counts = field(default_factory=Counts)
    traces: tuple[Trace, ...] = ()
    framed: float = 0.0


class Entry(NamedTuple):
    """A device as it is kept on the bus: its change, and when that was, as `(epoch, sequence)`."""

    change: Change
    at: tuple[int, int]


def pack(value: object) -> bytes:
    """Any plain value, marked as ours and with the version."""
    return MARK + bytes((VERSION,)) + _packed(value)


def unpack(data: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    """The opposite of `pack`, with tuples for arrays. Raises `BusVersion`."""
    if data[:2] != MARK or len(data) < 3:
        raise BusVersion(
            f"what is on the bus is not Fleetglass's ({len(data)} bytes, beginning {data[:4]!r}); "
            "give the bus a ?name= of its own"
        )
    if data[2] != VERSION:
        older = "this program" if data[2] > VERSION else "the other one"
        raise BusVersion(f"the bus carries version {data[2]}, this program reads {VERSION}; update {older}")
    return reading(lambda: _unpacked(data[3:]))


def reading(read: Callable[[], T]) -> T:
    """The value that `read` makes of foreign bytes; whatever is wrong with them is a `BusVersion`."""
    try:
        return read()
    except BusVersion:
        raise
    except Exception as error:  # noqa: BLE001 - foreign bytes may be wrong in any way
        raise BusVersion(
            f"what is on the bus cannot be read: {type(error).__name__}: {error}"[:300]
        ) from None


def pack_header(header: Header, ahead: float) -> bytes:
    """With the mark and version, for all that goes with it."""
    return pack(
        (
            header.epoch,
            header.run,
            header.number,
            header.sequence,
            _there(header.changed_at, ahead),
            header.quarantined,
            header.fresh,
            header.told,
            header.merged,
            _by_name(header.status),
            _of_counts(header.counts),
            [(trace.received + ahead, trace.decoded + ahead, trace.count) for trace in header.traces],
            _there(header.framed, ahead),
        )
    )


def unpack_header(data: bytes, ahead: float) -> Header:
    """Raises `BusVersion`."""
    plain = unpack(data)

    def read() -> Header:
        epoch, run, number, sequence, changed_at, *flags, merged, status, counts, traces, framed = plain
        quarantined, fresh, told = flags
        return Header(
            _int(epoch),
            _text(run),
            _int(number),
            _int(sequence),
            _there(changed_at, -ahead),
            bool(quarantined),
            bool(fresh),
            bool(told),
            _int(merged),
            _named(BridgeStatus, status),
            _counts(counts),
            tuple(Trace(received - ahead, decoded - ahead, count) for received, decoded, count in traces),
            _there(framed, -ahead),
        )

    return reading(read)


def pack_entry(entry: Entry, ahead: float) -> bytes:
    """One device. Bears no version: the header that comes with it does."""
    (device, touched, moved), at = entry
    return _packed(
        (
            at,
            touched,
            moved,
            device.id,
            device.kind,
            device.name,
            device.place,
            dict(device.metrics),
            (device.presence.availability, device.presence.reason),
            device.announced,
            device.seen_at,
            None if device.heard is None else device.heard + ahead,
            device.device_time,
            {name: _of_command(c, ahead) for name, c in device.commands.items()},
            device.transport,
            device.structured,
            device.last_topic,
            device.last_payload,
        )
    )


def unpack_entry(data: bytes, ahead: float) -> Entry:
    """Raises `BusVersion`."""
    return reading(lambda: _entry(_unpacked(data), ahead))


def unpack_entries(data: bytes, ahead: float) -> list[Entry]:
    """Of packed entries, one after the other. Raises `BusVersion`."""

    def read() -> list[Entry]:
        unpacker = msgpack.Unpacker(
            use_list=False, unicode_errors="surrogatepass", max_buffer_size=0, strict_map_key=False
        )
        unpacker.feed(data)
        found = []
        while unpacker.tell() < len(data):
            found.append(_entry(unpacker.unpack(), ahead))
        return found

    return reading(read)


def pack_labels(labels: Mapping[str, Label]) -> bytes:
    """The names and places of the config."""
    return pack(
        {
            device_id: (label.name, label.place, label.retired, label.override)
            for device_id, label in labels.items()
        }
    )


def unpack_labels(data: bytes) -> Mapping[str, Label]:
    """Raises `BusVersion`."""
    plain = unpack(data)
    return reading(lambda: {_text(device_id): Label(*label) for device_id, label in plain.items()})


def pack_left(device_ids: Sequence[str]) -> bytes:
    """Devices that are no longer there. Bears no version: the header that comes with it does."""
    return _packed(list(device_ids))


def unpack_left(data: bytes) -> Sequence[str]:
    """Raises `BusVersion`."""
    return reading(lambda: [_text(device_id) for device_id in _unpacked(data)])


def _packed(value: object) -> bytes:
    packed: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    return packed


def _unpacked(data: bytes) -> Any:  # noqa: ANN401
    return msgpack.unpackb(data, use_list=False, unicode_errors="surrogatepass", strict_map_key=False)


def _entry(plain: Any, ahead: float) -> Entry:  # noqa: ANN401
    at, touched, moved, device_id, kind, name, place, metrics, presence, *rest = plain
    announced, seen_at, heard, device_time, commands, transport, structured, topic, payload = rest
    epoch, sequence = at
    device = DeviceState(
        _text(device_id),
        _text(kind),
        name,
        place,
        MappingProxyType({metric: MetricState(*state) for metric, state in metrics.items()}),
        Presence(*presence),
        announced,
        seen_at,
        None if heard is None else heard - ahead,
        device_time,
        MappingProxyType(
            {
                metric: CommandState(value, status, by, until - ahead, note, number)
                for metric, (value, status, by, until, note, number) in commands.items()
            }
        ),
        transport,
        structured,
        _text(topic),
        payload,
    )
    return Entry(Change(device, tuple(touched), bool(moved)), (_int(epoch), _int(sequence)))


def _of_command(command: CommandState, ahead: float) -> tuple[object, ...]:
    return command.value, command.status, command.by, command.until + ahead, command.note, command.id


def _there(moment: float, ahead: float) -> float:
    """A monotonic time by the other clock; 0, which is none, stays so."""
    return moment and moment + ahead


def _by_name(value: object) -> dict[str, object]:
    return {each.name: getattr(value, each.name) for each in fields(value)}  # type: ignore[arg-type]


def _named(what: Callable[..., T], plain: Mapping[str, object]) -> T:
    known = {each.name for each in fields(what)}  # type: ignore[arg-type]
    return what(**{name: value for name, value in plain.items() if name in known})


def _of_counts(counts: Counts) -> dict[str, object]:
    plain = _by_name(counts)
    plain["quarantined"] = dict(counts.quarantined)
    plain["stages"] = {stage: _by_name(histogram) for stage, histogram in counts.stages.items()}
    return plain


def _counts(plain: Mapping[str, Any]) -> Counts:
    counts = _named(Counts, {**plain, "quarantined": Counter(plain["quarantined"])})
    counts.stages = {
        stage: _named(Histogram, {**histogram, "counts": list(histogram["counts"])})
        for stage, histogram in plain["stages"].items()
    }
    return counts


def _int(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"expected a whole number, got {type(value).__name__}")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError(f"expected a text, got {type(value).__name__}")
    return value
