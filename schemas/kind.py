"""What a device kind is once it is declared: plain data that decoding and drawing work from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from schemas.image import Image
from schemas.message import Value
from schemas.topics import TopicPattern
from schemas.traits import Trait

if TYPE_CHECKING:
    from schemas.device import Device


@dataclass(frozen=True, slots=True)
class Metric:
    """One field of a kind.

    `options` are the words of a choice or an event, `key` is the name in JSON, `whole` marks integers.
    """

    name: str
    trait: Trait
    required: bool
    label: str
    options: tuple[str, ...] = ()
    settable: bool = False
    unit: str = ""
    key: str = ""
    whole: bool = False

    def question(self, value: Value) -> str | None:
        """What to ask a person before this value is sent; None where nothing is to be asked."""
        return self.trait.question(value)


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of device. `metrics` are in order of declaration, the most important first.

    `stale_after` is the silence in seconds after which a device counts as stale, None for never;
    `confirm_within` the seconds that it has to show a commanded value in its own state.
    """

    name: str
    title: str
    doc: str
    model: "type[Device]"
    topic: TopicPattern
    availability: TopicPattern | None
    stale_after: float | None
    confirm_within: float
    icon: str
    unknown: Literal["keep", "refuse"]
    metrics: Mapping[str, Metric]
    about: Mapping[str, Metric]
    """What a message may say of the device itself: time, name, place and sequence."""
    commands: tuple[TopicPattern, ...] = field(init=False)
    fields: Mapping[str, Metric] = field(init=False, repr=False)
    """All of these by their name in JSON."""
    pictures: tuple[str, ...] = field(init=False, repr=False)
    """The metrics that are pictures."""
    own_topics: tuple[tuple[str, TopicPattern], ...] = field(init=False, repr=False)
    """The metrics that come on a topic of their own, with it."""
    largest: int = field(init=False, repr=False)
    """Bytes that a message may have because of the pictures in it, beyond what any may have."""
    units: tuple[tuple[str, str], ...] = field(init=False, repr=False)
    """The name and the unit of every metric, in their order."""
    validate: "Callable[[bytes], Device]" = field(init=False, repr=False)
    """From a payload to the model. Raises pydantic's `ValidationError`."""

    def __post_init__(self) -> None:
        """Collect the distinct command topics and the names in JSON, and what decoding needs at hand."""
        fields = {metric.key: metric for metric in (*self.about.values(), *self.metrics.values())}
        object.__setattr__(self, "fields", MappingProxyType(fields))
        texts = dict.fromkeys(metric.trait.command for metric in self.metrics.values())
        object.__setattr__(self, "commands", tuple(TopicPattern(text) for text in texts if text is not None))
        images = [(m.name, m.trait) for m in self.metrics.values() if isinstance(m.trait, Image)]
        object.__setattr__(self, "pictures", tuple(name for name, _ in images))
        own = tuple((name, TopicPattern(trait.topic)) for name, trait in images if trait.topic is not None)
        object.__setattr__(self, "own_topics", own)
        object.__setattr__(self, "largest", sum(trait.longest for _, trait in images))
        units = tuple((metric.name, metric.unit) for metric in self.metrics.values())
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "validate", self.model.__pydantic_validator__.validate_json)

    def device_id(self, values: Mapping[str, str]) -> str:
        """The id of the device that the values of the topic's placeholders stand for."""
        return f"{self.name}." + "/".join(values[name] for name in self.topic.placeholders)

    def placeholders_of(self, device_id: str) -> dict[str, str]:
        """The values behind an id made by `device_id`. Raises `ValueError` for an id of another kind."""
        prefix = f"{self.name}."
        parts = device_id.removeprefix(prefix).split("/")
        if not device_id.startswith(prefix) or len(parts) != len(self.topic.placeholders) or not all(parts):
            raise ValueError(f'"{device_id}" is not the id of a {self.name}')
        return dict(zip(self.topic.placeholders, parts, strict=True))
