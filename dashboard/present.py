"""From values to what people read: text, unit, tone, age. Pure; the same for all readers who are alike."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.presence import Availability
from bridge.state import DeviceState, MetricState
from dashboard.course import NO_TREND, Trend
from dashboard.language import marked
from dashboard.reader import ENGLISH, Reader
from dashboard.units import Conversion
from dashboard.wording import age, ago, ahead, message_text, past, picture_words, plain, shown_text
from schemas.image import Image
from schemas.kind import Kind
from schemas.message import Value
from schemas.picture import Glimpse, reference_of
from schemas.topics import unquote_topic
from schemas.traits import Binary, Choice, Counter, Event, Location, Numeric, Switch, Text, Trait

if TYPE_CHECKING:
    # Redis, which a bridge in the same process does not need.
    from bridge.bus.follower import BusLink

Tone: TypeAlias = Literal["plain", "good", "warn", "bad", "muted"]

LARGEST = 1e300
"""Whole numbers beyond this have no float once they are in another unit."""
WORTH_SAYING = 1e6
"""A limit beyond this keeps out nonsense and tells nothing of the device."""
WAITING = marked("waiting for the device")
SENT = marked("sent")
NO_WORDS: Mapping[str, str] = MappingProxyType({})
DASH = "–"
"""Shown where there is no value, or nobody knows it now."""


class MetricView(NamedTuple):
    """One metric as it is shown. `why` explains a tone, `note` tells of a command under way or ended.

    `asked` is the text of the value that was asked for while that command is under way; `status` is the
    command's, empty where there is none. `whole`: only whole numbers are values.
    `lasting` is the same object as long as nothing is another but text, value and age; None if nobody knows.
    """

    name: str
    label: str
    trait: Trait
    text: str = DASH
    unit: str = ""
    tone: Tone = "plain"
    why: str = ""
    value: Value | None = None
    wanted: Value | None = None
    note: str = ""
    pending: bool = False
    settable: bool = False
    source: str = ""
    age: str = ""
    options: tuple[str, ...] = ()
    into: Conversion | None = None
    asked: str = ""
    status: str = ""
    whole: bool = False
    lasting: object = None

    @property
    def said(self) -> str:
        """The text that a control shows: see `shown`."""
        return self.asked or self.text

    @property
    def shown(self) -> Value | None:
        """What a control shows: the value asked for while a command is under way, else the device's own."""
        return self.value if self.wanted is None else self.wanted


class DeviceView(NamedTuple):
    """One device as it is shown. `kept` says so, in a word, while none of its values is live.

    `today`: how much its counters have counted since midnight, where that is known.
    `trend` is of its main number, on an overview. What only its own page shows is made when it is asked for.
    `form` is what the tree of its card depends on: which metrics there are, and of which sort. `lasting` is
    the same object as long as nothing is another but metrics, messages and the trend; None if nobody knows.
    """

    id: str
    kind: str
    kind_title: str
    icon: str
    title: str
    place: str
    availability: Availability
    reason: str
    tone: Tone
    age: str
    kept: str
    metrics: Mapping[str, MetricView]
    device: DeviceState
    reader: Reader = ENGLISH
    retired: bool = False
    today: Mapping[str, str] = NO_WORDS
    trend: Trend = NO_TREND
    form: object = None
    lasting: object = None

    @property
    def topic(self) -> str:
        """Where its last message came, on one line."""
        return shown_text(self.device.last_topic, 300)

    @property
    def payload(self) -> str:
        """Its last message; JSON is laid out, and a picture is told of."""
        return message_text(self.device.last_payload, self.reader)

    @property
    def subtitle(self) -> str:
        """What it is and where."""
        return " · ".join(part for part in (self.kind_title, self.place) if part)

    @property
    def word(self) -> str:
        """Whether it is there; where nothing is known of that, where its values are from."""
        unheard = self.kept and self.availability == "unknown"
        return self.reader.say(WORDS[self.kept if unheard else self.availability])

    @property
    def since(self) -> str:
        """How old what we know is, or that it is only a copy where the word has not said so."""
        if self.kept and self.availability != "unknown":
            return self.reader.say(SOURCES[self.kept])
        return self.age

    @property
    def faded(self) -> bool:
        """Its values may no longer be true."""
        return self.availability != "online"

    def source(self, name: str) -> str:
        """Where a metric's value is from and how old it is; live is only what a device that is there says."""
        metric, say = self.metrics[name], self.reader.say
        if not metric.source:
            return say(NOT_YET) if metric.trait.can_be_read else ""
        if metric.source != "live" or not self.faded:
            return f"{say(SOURCES[metric.source])} · {metric.age}"
        return say("last heard {age}", age=past(metric.age, self.reader))


WORDS: Mapping[str, str] = {
    "online": marked("Online"), "offline": marked("Offline"), "stale": marked("Stale"),
    "unknown": marked("Unknown"), "retained": marked("Retained"), "restored": marked("Restored"),
}  # fmt: skip
"""Of an availability, or of where values are from."""
SOURCES: Mapping[str, str] = {
    "live": marked("live"), "retained": marked("retained"), "restored": marked("restored"),
}  # fmt: skip
NOT_YET = marked("not heard yet")

AVAILABILITY_TONES: Mapping[str, Tone] = {
    "online": "good", "stale": "warn", "offline": "bad", "unknown": "muted",
}  # fmt: skip


def kind_title(kind: Kind | None, reader: Reader = ENGLISH) -> str:
    """What a kind is called; that none claims a device, where there is none."""
    return reader.told(kind.title) if kind else reader.say("Unclaimed")


def not_heard(bus: "BusLink | None", now: float, reader: Reader = ENGLISH) -> str:
    """Why nothing is known of the bridge at Unix time `now`, and since when; empty while it is heard."""
    if bus is None or not bus.away:
        return ""
    why = reader.told(bus.away).rstrip(".。")
    if bus.heard is None:
        return why
    return reader.say("{why}; last heard {age}", why=why, age=ago(bus.heard, now, reader))


def default_name(device_id: str) -> str:
    """A readable name from an id: `thermostat.living_room` → `Living room`; of an unclaimed one its topic."""
    kind, _, device = device_id.partition(".")
    if kind == "topic":
        return unquote_topic(device)
    words = device.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else device_id


def format_value(value: Value, trait: Trait, reader: Reader = ENGLISH, into: Conversion | None = None) -> str:
    """A value as text, without its unit; a number in the unit of `into`, if that is given."""
    if isinstance(value, bool):
        if isinstance(trait, Switch | Binary):
            return reader.told(trait.on if value else trait.off)
        return reader.say("yes") if value else reader.say("no")
    if isinstance(value, int | float):
        return _number(value, trait) if into is None else _converted(value, trait, into)
    if isinstance(trait, Choice | Event):
        return shown_text(reader.told(value))
    return picture_text(value, reader) if isinstance(trait, Image) else shown_text(value)


def picture_text(value: Value | None, reader: Reader = ENGLISH) -> str:
    """A picture in words: `PNG, 640×480, 23 kB`; whatever else it is, as text."""
    found = reference_of(value)
    if found is None:
        return DASH if value is None else shown_text(str(value))
    return picture_words(Glimpse(found.media, found.width, found.height), found.size, reader)


def decimals(trait: Trait, into: Conversion | None = None) -> int | None:
    """How many decimals values of a trait are shown with; None if as many as they have."""
    if isinstance(trait, Location):
        return 5
    precision = trait.precision if isinstance(trait, Numeric | Counter) else None
    if precision is None or into is None:
        return precision
    return max(0, precision + into.decimals)


def _converted(value: float, trait: Trait, into: Conversion) -> str:
    shown = decimals(trait, into)
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"{Decimal(value) * Decimal(into.factor):.6g}"
    return _fixed(into.shown(value), 1 if shown is None else shown)


def _fixed(value: float, precision: int) -> str:
    if abs(value) >= 1e15:
        # A whole number may be larger than any float.
        return f"{value if isinstance(value, float) else Decimal(value):.6g}"
    return f"{value:,.{precision}f}".replace(",", "\u202f")


def _number(value: float, trait: Trait) -> str:
    precision = decimals(trait)
    if precision is None:
        if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
            return plain(value)
        if 1e6 <= abs(value) < 1e15:
            return _fixed(value, 0)
        return f"{value:,.6g}".replace(",", "\u202f")
    return _fixed(value, precision)


INFERRED: Mapping[type, Trait] = {bool: Binary(), int: Numeric(), float: Numeric(), str: Text()}
"""What a value of a type is taken for where no kind says it."""
PICTURE = Image()


def inferred(state: MetricState) -> Trait:
    """What the value of a metric is taken for where no kind says it. Of a text, a picture may be known."""
    value = state.value
    # In what a kind left over there are no pictures, only texts that look like the words for one.
    if isinstance(value, str) and not state.extra and reference_of(value) is not None:
        return PICTURE
    return INFERRED[type(value)]


def moment_text(value: Value, now: float, reader: Reader) -> str:
    """How far from `now` a moment is, as far as it is one."""
    when = unix_seconds(value)
    if when is None:
        return shown_text(str(value))
    return age(now - when, reader) if when <= now else ahead(when - now, reader)


def unix_seconds(value: Value | None) -> float | None:
    """The moment that a value of a `Timestamp` is; None for what is none."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def tone_of(value: Value, trait: Trait) -> Tone:
    """Whether a value is beyond its limits (warn) or means trouble (bad)."""
    return judge(value, trait, "", ENGLISH)[0]


def judge(value: Value, trait: Trait, unit: str, reader: Reader) -> tuple[Tone, str]:
    """The tone of a value, and why it stands out, empty if it does not."""
    if isinstance(trait, Numeric) and isinstance(value, int | float) and not isinstance(value, bool):
        if trait.warn_high is not None and value > trait.warn_high:
            return "warn", reader.say("above {limit}", limit=limit_text(trait.warn_high, unit, reader))
        if trait.warn_low is not None and value < trait.warn_low:
            return "warn", reader.say("below {limit}", limit=limit_text(trait.warn_low, unit, reader))
    if isinstance(trait, Choice) and value in trait.alarming:
        return "bad", reader.say("{value} means trouble", value=reader.told(str(value)))
    return "plain", ""


def limit_text(limit: float, unit: str, reader: Reader = ENGLISH) -> str:
    """A limit with its unit, as this person wants it."""
    into = reader.conversion(unit)
    shown, unit = (limit, unit) if into is None else (round(into.shown(limit), 2), into.unit)
    return f"{plain(shown)} {unit}" if unit else plain(shown)


def expected(trait: Trait, unit: str, reader: Reader = ENGLISH) -> str:
    """The limits of a metric in words, empty if it has none worth saying."""
    if (
        isinstance(trait, Numeric)
        and trait.low is not None
        and trait.high is not None
        and max(abs(trait.low), abs(trait.high)) < WORTH_SAYING
    ):
        into = reader.conversion(unit)
        low = plain(trait.low if into is None else round(into.shown(trait.low), 2))
        return reader.say("{low} to {high}", low=low, high=limit_text(trait.high, unit, reader))
    return ""
