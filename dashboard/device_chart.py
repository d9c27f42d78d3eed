"""The chart of one device: which metrics, over which stretch of time, read from the history and drawn.

Whoever calls `picture` waits for the disk.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bridge.ports import Heard
from bridge.state import DeviceState
from dashboard.chart import Band, Chart, Series, Size, Window, draw_availability, draw_chart
from dashboard.chart import window as windows
from dashboard.chart.ink import MOST_SERIES
from dashboard.house import House
from dashboard.present import decimals
from dashboard.reader import Reader
from dashboard.wording import plain, shown_text
from schemas.kind import Kind
from schemas.message import Value
from schemas.traits import Binary, Counter, Event, Location, Numeric, Text, Trait

CHANGES = 500
"""Changes of availability that are read for the band."""
BAND_HEIGHT = 14.0
ASKED = ("show", "range", "from", "to")
"""What an address says of a chart."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A metric that can be shown; `heard`, if the device has said a value of it."""

    name: str
    label: str
    trait: Trait
    unit: str
    options: Sequence[str] = ()
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the availability below it, as at Unix time `now`. `unread`: metrics that nobody knows."""

    chart: Chart
    band: Band
    series: tuple[Series, ...]
    now: float
    unread: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether there is not one reading."""
        return all(not one.history.points for one in self.series)

    def there(self, share: float) -> str:
        """The availability at a place of the chart, 0 at the left edge to 1 at the right one."""
        return self.band.at(share)


def offered(house: House, device_id: str, reader: Reader) -> Mapping[str, Offered]:
    """The metrics of a device in the order of its kind, then what else it has said."""
    device = house.devices.get(device_id)
    kind = kind_of(house, device_id)
    said = device.metrics if device is not None else {}
    found = {
        name: Offered(
            name, reader.told(metric.label), metric.trait, metric.unit, metric.options, name in said
        )
        for name, metric in (kind.metrics if kind else {}).items()
    }
    for name, state in said.items():
        if name not in found:
            trait = _trait_of(state.value)
            found[name] = Offered(name, shown_text(name), trait, shown_text(state.unit, 20), heard=True)
    return found


def kind_of(house: House, device_id: str) -> Kind | None:
    """The kind that claims a device, also of one that has not spoken yet."""
    device = house.devices.get(device_id)
    return house.kinds.get(device.kind if device is not None else device_id.partition(".")[0])


def chosen(values: Mapping[str, str], known: Mapping[str, Offered]) -> tuple[str, ...]:
    """The metrics that an address asks for, at most six; without a word of it the first that tell something.

    Those that have been heard come first, lest an axis be empty. What the device does not have is left out.
    """
    if "show" in values:
        asked = dict.fromkeys(values["show"].split(","))
        return tuple(name for name in asked if name in known)[:MOST_SERIES]
    numbers = [one for one in known.values() if isinstance(one.trait, Numeric)]
    lines = [one.name for one in numbers if one.heard][:2] or [one.name for one in numbers[:1]]
    usual = lines or [n for n, one in known.items() if not isinstance(one.trait, Location)][:1]
    return tuple(usual or list(known)[:1])


def asks(names: Sequence[str] | None, window: Window) -> str:
    """The query of an address, or of the key of a card, that asks for these metrics and this window.

    None is the usual metrics.
    """
    shown = {} if names is None else {"show": ",".join(names)}
    return urlencode({**shown, **windows.parameters(window)}, quote_via=quote, safe=",:")


def read_series(  # noqa: PLR0913, PLR0917  (what a history is asked by)
    house: House, device_id: str, names: Sequence[str], window: Window, points: int, reader: Reader
) -> tuple[list[Series], list[str]]:
    """The histories of these metrics, and the names of those of which there is none. Raises for a fault."""
    known, kind = offered(house, device_id, reader), kind_of(house, device_id)
    series, unread = [], []
    for name in names:
        try:
            unit, history = house.history(device_id, name, window.start, window.end, points)
        except LookupError:
            unread.append(name)
            continue
        metric = known.get(name) or Offered(name, shown_text(name), Numeric(), unit)
        series.append(
            Series(
                metric.label, history, metric.trait, unit or metric.unit, metric.options,
                None if kind is None or isinstance(metric.trait, Event) else kind.stale_after,
                per_hour=isinstance(metric.trait, Counter),
            )
        )  # fmt: skip
    return series, unread


def picture(  # noqa: PLR0913, PLR0917  (what a chart is of)
    house: House, device_id: str, names: Sequence[str], window: Window, size: Size, reader: Reader
) -> Picture:
    """Read and draw. Raises what the house raises."""
    now = time.time()
    window = windows.advanced(window, now)
    series, unread = read_series(house, device_id, names, window, windows.points_for(size.width), reader)
    chart = draw_chart(series, window, size, reader, now)
    heard = _with_restart(house.devices.get(device_id), house.heard(device_id, limit=CHANGES))
    band = draw_availability(heard, window, Size(size.width, BAND_HEIGHT), reader, now)
    return Picture(chart, band, tuple(series), now, tuple(unread))


def _with_restart(device: DeviceState | None, heard: Sequence[Heard]) -> Sequence[Heard]:
    """Its changes of availability, newest first, and that since a restart nobody knows.

    That is no change of the device's and not in the store, where the last that is known goes on. What it was
    since its last message nobody knows either.
    """
    if device is None or not heard or device.presence.availability != "unknown":
        return heard
    last, now = heard[0], device.presence
    if last.availability == "unknown":
        return heard
    since = max(last.time, device.seen_at or last.time)
    return [Heard(device.id, since, now.availability, now.reason), *heard]


def grown_today(house: House, device_id: str, reader: Reader) -> Mapping[str, str]:
    """For each counter of a device how much it has counted since midnight, with its unit, as text.

    One that is below what it was has begun anew at 0. Waits for the disk.
    """
    now = time.time()
    local = reader.moment(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    out = {}
    for name, one in offered(house, device_id, reader).items():
        if not isinstance(one.trait, Counter):
            continue
        unit, history = house.history(device_id, name, midnight - 3_600.0, now + 1.0, 2_000)
        grown, before = 0.0, None
        for point in history.points:
            low, high = (point.value if end is None else end for end in (point.low, point.high))
            if isinstance(low, str) or isinstance(high, str):
                continue
            if point.time >= midnight:
                if before is not None:
                    grown += low - before if low >= before else low
                grown += high - low
            before = high
        if before is None:
            continue
        into = reader.conversion(unit)
        shown, unit = (grown, unit) if into is None else (into.distance(grown), into.unit)
        places = decimals(one.trait, into)
        text = plain(round(shown, 1)) if places is None else f"{shown:,.{places}f}".replace(",", "\u202f")
        out[name] = reader.say("{amount} today", amount=f"{text} {unit}".rstrip())
    return out


def _trait_of(value: Value) -> Trait:
    if isinstance(value, bool):
        return Binary()
    return Text() if isinstance(value, str) else Numeric()
