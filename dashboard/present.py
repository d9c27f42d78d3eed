"""From values to what people read: text, unit, tone, age. Pure; the same for every session."""

import json
import re
from codecs import utf_8_decode
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.presence import Availability, Presence
from bridge.service import Label
from bridge.state import UNCLAIMED, DeviceState, MetricState
from schemas.kind import Kind, Metric
from schemas.message import Value
from schemas.topics import unquote_topic
from schemas.traits import Binary, Choice, Counter, Location, Numeric, Switch, Text, Trait

if TYPE_CHECKING:
    # Redis, which a bridge in the same process does not need.
    from bridge.bus.follower import BusLink

Tone: TypeAlias = Literal["plain", "good", "warn", "bad", "muted"]

_new = tuple.__new__
WORTH_SAYING = 1e6
"""A limit beyond this keeps out nonsense and tells nothing of the device."""
DASH = "–"
"""Shown where there is no value, or nobody knows it now."""
ONE_LINE = 48
"""Characters of a JSON payload that is shown on one line; a longer one has a line for each of its parts."""
DEEPEST = 8
"""Levels by which such lines are moved to the right."""
_JSON_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class MetricView(NamedTuple):
    """One metric as it is shown. `why` explains a tone, `note` tells of a command under way or failed."""

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

    @property
    def shown(self) -> Value | None:
        """What a control shows: the value asked for while a command is under way, else the device's own."""
        return self.value if self.wanted is None else self.wanted


class DeviceView(NamedTuple):
    """One device as it is shown. `kept` says so, in a word, while none of its values is live.

    What only its own page shows is made when it is asked for.
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

    @property
    def topic(self) -> str:
        """Where its last message came, on one line."""
        return shown_text(self.device.last_topic, 300)

    @property
    def payload(self) -> str:
        """Its last message; JSON is laid out."""
        return payload_text(laid_out(self.device.last_payload))

    @property
    def subtitle(self) -> str:
        """What it is and where."""
        return " · ".join(part for part in (self.kind_title, self.place) if part)

    @property
    def word(self) -> str:
        """Whether it is there; where nothing is known of that, where its values are from."""
        unheard = self.kept and self.availability == "unknown"
        return (self.kept if unheard else self.availability).capitalize()

    @property
    def since(self) -> str:
        """How old what we know is, or that it is only a copy where the word has not said so."""
        return self.kept if self.kept and self.availability != "unknown" else self.age

    @property
    def faded(self) -> bool:
        """Its values may no longer be true."""
        return self.availability != "online"

    def source(self, name: str) -> str:
        """Where a metric's value is from and how old it is; live is only what a device that is there says."""
        metric = self.metrics[name]
        if not metric.source:
            return "not heard yet"
        if metric.source != "live" or not self.faded:
            return f"{metric.source} · {metric.age}"
        return f"last heard {_past(metric.age)}"


_AVAILABILITY_TONES: Mapping[Availability, Tone] = {
    "online": "good", "stale": "warn", "offline": "bad", "unknown": "muted",
}  # fmt: skip


def device_view(device: DeviceState, kind: Kind | None, label: Label, now: float) -> DeviceView:
    """How a device is shown at Unix time `now`. All metrics the kind declares are there, heard or not."""
    declared = kind.metrics if kind else {}
    metrics = {
        name: _metric_view(metric, device.metrics.get(name), device, now) for name, metric in declared.items()
    }
    for name, state in device.metrics.items():
        if name not in declared:
            metrics[name] = _metric_view(_Undeclared(name, state), state, device, now)
    return DeviceView(
        id=device.id,
        kind=device.kind,
        kind_title=kind.title if kind else "Unclaimed",
        icon=kind.icon if kind else "help_outline",
        title=shown_text(label.name or default_name(device.id)),
        place=shown_text(label.place or ""),
        availability=device.presence.availability,
        reason=shown_text(device.presence.reason),
        tone=_AVAILABILITY_TONES[device.presence.availability],
        age=age(now - device.seen_at) if device.seen_at is not None else "not heard yet",
        kept=_kept(device),
        metrics=metrics,
        device=device,
    )


def gone_view(device_id: str) -> DeviceView:
    """How a device is shown of which nothing has been heard."""
    nobody = Presence("unknown", "nothing has been heard of a device with this id")
    view = device_view(DeviceState(device_id, UNCLAIMED, presence=nobody), None, Label(), 0.0)
    # That no kind claims it is said of what has spoken.
    return view._replace(kind_title="")


def not_heard(bus: "BusLink | None", now: float) -> str:
    """Why nothing is known of the bridge at Unix time `now`, and since when; empty while it is heard."""
    if bus is None or not bus.away:
        return ""
    since = "" if bus.heard is None else f"; last heard {ago(bus.heard, now)}"
    return bus.away.rstrip(".") + since


def sentence(text: str) -> str:
    """Words of another part as a sentence: a capital at the beginning, one full stop at the end."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def default_name(device_id: str) -> str:
    """A readable name from an id: `thermostat.living_room` → `Living room`; of an unclaimed one its topic."""
    kind, _, device = device_id.partition(".")
    if kind == "topic":
        return unquote_topic(device)
    words = device.replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else device_id


def age(seconds: float) -> str:
    """How long ago, in steps so coarse that a card does not tick: now, 20 s, 3 min, 5 h, 2 d ago."""
    if seconds < 10:
        return "now"
    if seconds < 60:
        return f"{int(seconds // 10) * 10} s ago"
    if seconds < 3_600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 172_800:
        return f"{int(seconds // 3_600)} h ago"
    return f"{int(seconds // 86_400)} d ago"


def ago(when: float, now: float) -> str:
    """The same of what is over: it is never now."""
    return _past(age(now - when))


def format_value(value: Value, trait: Trait) -> str:
    """A value as text, without its unit."""
    if isinstance(value, bool):
        if isinstance(trait, Switch | Binary):
            return trait.on if value else trait.off
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, trait)
    return shown_text(value)


def shown_text(text: str, limit: int = 120) -> str:
    """Foreign text made safe for one line: control and direction characters escaped, cut."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    # Most text is harmless, which is told at once.
    return cut if cut.isprintable() else "".join(_printable(character) for character in cut)


def payload_text(payload: bytes, limit: int = 2_000) -> str:
    """A payload as people can read it: text if it is text, else hexadecimal; cut."""
    try:
        # Not final where it is cut: half a character at the end is none then, not an error.
        text, _length = utf_8_decode(payload[:limit], "strict", len(payload) <= limit)
    except UnicodeDecodeError:
        return payload[: limit // 3].hex(" ") + (" …" if len(payload) > limit // 3 else "")
    safe = text if text.isprintable() else "".join(c if c == "\n" else _printable(c) for c in text)
    return safe + ("…" if len(payload) > limit else "")


def laid_out(payload: bytes) -> bytes:
    """JSON with a line for each of its parts, if it is long; whatever else it is, as it is.

    Nothing but space between the parts is changed: numbers, texts and repeated keys stay as they came.
    """
    if len(payload) <= ONE_LINE or payload[:1] not in {b"{", b"["}:
        return payload
    try:
        text = payload.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return payload
    lines, depth, before = [""], 0, ""
    for part in _JSON_PARTS.findall(text):
        opened, closes = before in {"{", "["}, part in {"}", "]"}
        depth += opened - closes
        if (opened or closes or before == ",") and not (opened and closes):
            lines.append("  " * min(depth, DEEPEST))
        lines[-1] += f"{part} " if part == ":" else part
        before = part
    return "\n".join(lines).encode()


def size_text(size: int) -> str:
    """A number of bytes as people say it: 512 bytes, 1.5 kB, 256 MB."""
    if size < 1_000:
        return f"{size} {'byte' if size == 1 else 'bytes'}"
    units = ("kB", "MB", "GB", "TB")
    step = next((step for step in range(1, len(units)) if size < 999.5 * 1_000**step), len(units))
    shown = size / 1_000**step
    number = f"{shown:.1f}" if shown < 9.95 else plain(round(shown))
    return f"{number} {units[step - 1]}"


def reason_text(code: str) -> str:
    """The code of a refusal as words."""
    return shown_text(code.replace("_", " "), 40)


def plain(value: float) -> str:
    """A bound or a whole number: thousands apart, without digits that say nothing."""
    whole = isinstance(value, int) or value.is_integer()
    return (f"{int(value):,}" if whole else f"{value:,g}").replace(",", "\u202f")


def _past(age_of_it: str) -> str:
    return "a few seconds ago" if age_of_it == "now" else age_of_it


def _printable(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def _number(value: float, trait: Trait) -> str:
    precision = trait.precision if isinstance(trait, Numeric | Counter) else None
    if isinstance(trait, Location):
        precision = 5
    if precision is None:
        if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
            return plain(value)
        return f"{value:,.6g}".replace(",", "\u202f")
    if abs(value) >= 1e15:
        # A whole number may be larger than any float.
        return f"{value if isinstance(value, float) else Decimal(value):.6g}"
    return f"{value:,.{precision}f}".replace(",", "\u202f")


class _Undeclared:
    """A metric that no kind declares, seen like one that is."""

    def __init__(self, name: str, state: MetricState) -> None:
        self.name = name
        self.label = shown_text(name) + (" (extra)" if state.extra else "")
        self.trait: Trait = _INFERRED[type(state.value)]
        self.options: tuple[str, ...] = ()
        self.settable = False
        self.unit = shown_text(state.unit, 20)


_INFERRED: Mapping[type, Trait] = {bool: Binary(), int: Numeric(), float: Numeric(), str: Text()}


def _metric_view(
    metric: Metric | _Undeclared, state: MetricState | None, device: DeviceState, now: float
) -> MetricView:
    command = device.commands.get(metric.name)
    pending = command is not None and command.status == "pending"
    tone: Tone = "muted"
    why = ""
    if state is not None:
        tone, why = _judge(state.value, metric.trait, metric.unit)
    text, unit, value, source, when = DASH, "", None, "", ""
    if state is not None:
        text, unit, value, source = (
            format_value(state.value, metric.trait),
            metric.unit,
            state.value,
            state.provenance,
        )
        when = age(now - (state.received_at if state.time is None else state.time))
    # Past the named tuple's own constructor, which costs as much again; many are made of every message.
    return _new(
        MetricView,
        (
            metric.name,
            metric.label,
            metric.trait,
            text,
            unit,
            tone,
            why,
            value,
            command.value if command is not None and pending else None,
            "" if command is None else ("waiting for the device" if pending else command.note),
            pending,
            metric.settable,
            source,
            when,
            metric.options,
        ),
    )


def _judge(value: Value, trait: Trait, unit: str) -> tuple[Tone, str]:
    if isinstance(trait, Numeric) and isinstance(value, int | float) and not isinstance(value, bool):
        space = f" {unit}" if unit else ""
        if trait.warn_high is not None and value > trait.warn_high:
            return "warn", f"above {trait.warn_high:g}{space}"
        if trait.warn_low is not None and value < trait.warn_low:
            return "warn", f"below {trait.warn_low:g}{space}"
    if isinstance(trait, Choice) and value in trait.alarming:
        return "bad", f"{value} means trouble"
    return "plain", ""


def _kept(device: DeviceState) -> str:
    """A word for it if all that is known is a copy: from before our restart, or one that the broker kept."""
    sources = {metric.provenance for metric in device.metrics.values()}
    if not sources or "live" in sources:
        return ""
    return "restored" if "restored" in sources else "retained"


def expected(trait: Trait, unit: str) -> str:
    """The limits of a metric in words, empty if it has none worth saying."""
    if (
        isinstance(trait, Numeric)
        and trait.low is not None
        and trait.high is not None
        and max(abs(trait.low), abs(trait.high)) < WORTH_SAYING
    ):
        space = f" {unit}" if unit else ""
        return f"{plain(trait.low)} to {plain(trait.high)}{space}"
    return ""
