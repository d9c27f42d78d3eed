"""The base model of device kinds: a subclass with typed fields is a kind."""

import re
from inspect import get_annotations
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, NoReturn

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from schemas.fields import aliases_of, metric_of, words
from schemas.history import check_earlier
from schemas.image import Image
from schemas.kind import Kind, Metric
from schemas.topics import TopicPattern
from schemas.traits import Counter, KindError, Text, Timestamp

__all__ = ["Device", "Kind", "KindError", "Metric", "kind_of"]

_ABOUT = ("time", "name", "place", "sequence")
_SEQUENCE = Counter(measure="sequence")
"""The mark of the device's own number of a message; any other field named `sequence` is a metric."""
CONFIRM_WITHIN = 5.0
"""Seconds that a device has to show a commanded value in its own state, where its kind does not say."""
LONGEST_CONFIRM = 604_800
_ICON = re.compile(r"[a-z0-9][a-z0-9_]*", re.ASCII)
_KIND_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


class Device(BaseModel):
    """The state message of a device. Subclass it, with a topic, to declare a kind.

    Class arguments: `topic` (must hold `{device}`), `availability` (a topic with `online`/`offline`),
    `stale_after` (seconds, or None for never), `confirm_within` (seconds that a command may take), `icon` (a
    Material icon), `unknown` ("keep" or "refuse" fields that are not declared). A mistake raises `KindError`
    where the class is declared.
    """

    # The schema is built late, in __pydantic_init_subclass__: traits are inferred and `unknown` is set first.
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        extra="allow",
        defer_build=True,
        protected_namespaces=(),
    )
    __kind__: ClassVar[Kind | None] = None

    time: Annotated[AwareDatetime | None, Timestamp()] = None
    name: Annotated[str | None, Text(max_length=80)] = None
    place: Annotated[str | None, Text(max_length=80)] = None
    sequence: Annotated[int | None, _SEQUENCE] = None

    def __init_subclass__(  # noqa: PLR0913 - what a kind may say of itself, all by name
        cls,
        *,
        topic: str | None = None,
        availability: str | None = None,
        stale_after: float | None = 300,
        confirm_within: float = CONFIRM_WITHIN,
        icon: str = "sensors",
        unknown: Literal["keep", "refuse"] = "keep",
        **mistakes: object,
    ) -> None:
        """Only take the arguments; the fields are not known yet."""
        super().__init_subclass__()
        if mistakes:
            known = "topic, availability, stale_after, confirm_within, icon and unknown"
            raise KindError(f"{cls.__name__}: unknown argument {', '.join(mistakes)}; there are {known}")

    @classmethod
    def __pydantic_init_subclass__(  # noqa: PLR0913 - likewise
        cls,
        *,
        topic: str | None = None,
        availability: str | None = None,
        stale_after: float | None = 300,
        confirm_within: float = CONFIRM_WITHIN,
        icon: str = "sensors",
        unknown: Literal["keep", "refuse"] = "keep",
        **_: object,
    ) -> None:
        """Build the kind, or say what is wrong with it."""
        name = _snake_case(cls.__name__)
        if not _KIND_NAME.fullmatch(name):
            _fail(cls, "a kind's name must be made of the letters a-z and digits, starting with a letter")
        if name == "topic":
            _fail(cls, "the name topic is kept for devices without a kind; rename the class")
        if unknown not in ("keep", "refuse"):
            _fail(cls, f'unknown must be "keep" or "refuse", not {unknown!r}')
        cls.model_config["extra"] = "forbid" if unknown == "refuse" else "allow"
        state = _topic(cls, topic)
        if not cls.__pydantic_fields_complete__:
            _build(cls)
        _give_sequence_up(cls)
        metrics, about = _metrics(cls), _about(cls)
        # Only now: what is inferred has been written into the fields.
        _build(cls)
        _check_own_topics(cls, metrics, state)
        kind = Kind(
            name=name,
            title=words(name),
            doc=_first_line(cls.__dict__.get("__doc__")),
            model=cls,
            topic=state,
            availability=_availability(cls, availability, state),
            stale_after=_stale_after(cls, stale_after),
            confirm_within=_confirm_within(cls, confirm_within),
            icon=_icon(cls, icon),
            unknown=unknown,
            metrics=MappingProxyType(metrics),
            about=MappingProxyType(about),
        )
        _check_commands(cls, kind)
        check_earlier(kind)
        cls.__kind__ = kind


def kind_of(model: type[Device]) -> Kind:
    """The kind that a subclass of `Device` declares."""
    kind = model.__dict__.get("__kind__")
    if not isinstance(kind, Kind):
        raise KindError(f"{model.__name__} is not a kind: it must be a subclass of Device with a topic")
    return kind


def _fail(cls: type[Device], text: str, *, field: str | None = None) -> NoReturn:
    raise KindError(f"{cls.__name__}.{field}: {text}" if field else f"{cls.__name__}: {text}")


def _pattern(cls: type[Device], text: object, what: str) -> TopicPattern:
    if not isinstance(text, str):
        _fail(cls, f"{what} must be a text, not {text!r}")
    try:
        return TopicPattern(text)
    except ValueError as error:
        _fail(cls, f"{what}: {error}")


def _topic(cls: type[Device], text: str | None) -> TopicPattern:
    if text is None:
        example = f'class {cls.__name__}(Device, topic="fleet/{_snake_case(cls.__name__)}/{{device}}/state")'
        _fail(cls, f"no topic is given; write {example}")
    pattern = _pattern(cls, text, "topic")
    if "device" not in pattern.placeholders:
        _fail(cls, f'topic "{text}" holds no {{device}}; put {{device}} where the device\'s own name stands')
    return pattern


def _availability(cls: type[Device], text: str | None, topic: TopicPattern) -> TopicPattern | None:
    if text is None:
        return None
    pattern = _pattern(cls, text, "availability")
    if set(pattern.placeholders) != set(topic.placeholders):
        _fail(cls, f'availability "{text}" must hold the same placeholders as the topic, {_braces(topic)}')
    if pattern.subscription == topic.subscription:
        _fail(cls, "availability must be another topic than the state's")
    return pattern


def _check_commands(cls: type[Device], kind: Kind) -> None:
    for metric in kind.metrics.values():
        if metric.trait.command is None:
            continue
        command = _pattern(cls, metric.trait.command, f"command of {metric.name}")
        lacking = [name for name in command.placeholders if name not in kind.topic.placeholders]
        if lacking:
            text = (
                f"{{{lacking[0]}}} in the command topic is not in the topic, which has {_braces(kind.topic)}"
            )
            _fail(cls, text, field=metric.name)
        if "device" not in command.placeholders:
            _fail(cls, "the command topic holds no {device}: every device would obey", field=metric.name)
        for other in (kind.topic, kind.availability):
            if other is not None and command.subscription == other.subscription:
                text = f'the device itself sends on the command topic "{command.text}"; end it in /set'
                _fail(cls, text, field=metric.name)


def _check_own_topics(cls: type[Device], metrics: dict[str, Metric], state: TopicPattern) -> None:
    taken = {state.subscription: "the state"}
    for metric in metrics.values():
        if not isinstance(metric.trait, Image) or metric.trait.topic is None:
            continue
        own = _pattern(cls, metric.trait.topic, f"topic of {metric.name}")
        if set(own.placeholders) != set(state.placeholders):
            text = f'the topic "{own.text}" must hold the same placeholders as the kind\'s, {_braces(state)}'
            _fail(cls, text, field=metric.name)
        if own.subscription in taken:
            text = f'the topic "{own.text}" is that of {taken[own.subscription]}; give it another one'
            _fail(cls, text, field=metric.name)
        taken[own.subscription] = metric.name


def _stale_after(cls: type[Device], seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        _fail(cls, f"stale_after must be seconds above 0, or None for never, not {seconds!r}")
    return float(seconds)


def _confirm_within(cls: type[Device], seconds: float) -> float:
    number = not isinstance(seconds, bool) and isinstance(seconds, int | float)
    if not number or not 0 < seconds <= LONGEST_CONFIRM:
        text = f"seconds above 0, at most {LONGEST_CONFIRM:,} (a week), not {seconds!r}"
        _fail(cls, f"confirm_within must be {text}")
    return float(seconds)


def _icon(cls: type[Device], icon: str) -> str:
    if not isinstance(icon, str) or not _ICON.fullmatch(icon):
        _fail(cls, f'icon must be the name of a Material icon such as "thermostat", not {icon!r}')
    return icon


def _about_names(cls: type[Device]) -> list[str]:
    """The fields that say something of the device itself; `sequence` only where it is no metric."""
    ours = "sequence" in cls.model_fields and _SEQUENCE in cls.model_fields["sequence"].metadata
    return [name for name in _ABOUT if ours or name != "sequence"]


def _give_sequence_up(cls: type[Device]) -> None:
    """Leave the name `sequence` in JSON to a field that takes it as its alias."""
    fields = cls.model_fields.items()
    if any(name != "sequence" and "sequence" in aliases_of(field) for name, field in fields):
        del cls.model_fields["sequence"]


def _about(cls: type[Device]) -> dict[str, Metric]:
    """What is known of the device itself. A kind may declare `time` again, with another unit."""
    about = {name: metric_of(cls.__name__, name, cls.model_fields[name]) for name in _about_names(cls)}
    if not isinstance(about["time"].trait, Timestamp):
        _fail(cls, "it is the device's clock: Annotated[AwareDatetime | None, Timestamp(…)]", field="time")
    if "sequence" in about and not about["sequence"].whole:
        _fail(cls, 'it counts messages: Annotated[int | None, Counter(measure="sequence")]', field="sequence")
    for name in ("name", "place"):
        if not isinstance(about[name].trait, Text):
            _fail(cls, "it is what people call the device, and must be a str | None", field=name)
    return about


def _metrics(cls: type[Device]) -> dict[str, Metric]:
    about = _about_names(cls)
    metrics = {
        name: metric_of(cls.__name__, name, field)
        for name, field in cls.model_fields.items()
        if name not in about
    }
    if "sequence" in metrics:
        # Pydantic leaves it where the base model has it; but a metric's place says how important it is.
        own = [base for base in reversed(cls.__mro__) if base not in Device.__mro__]
        order = [name for base in own for name in get_annotations(base) if name in metrics]
        metrics = {name: metrics[name] for name in dict.fromkeys([*order, *metrics])}
    if not metrics:
        _fail(cls, "no field is declared; add one such as temperature: float")
    keys: dict[str, str] = {}
    for metric in metrics.values():
        if metric.key in keys:
            _fail(cls, f'"{metric.key}" is already the JSON name of {keys[metric.key]}', field=metric.name)
        keys[metric.key] = metric.name
    return metrics


def _build(cls: type[Device]) -> None:
    try:
        cls.model_rebuild(force=True)
    except PydanticUndefinedAnnotation as error:
        _fail(
            cls, f"the name {error.name} in a field's type is not known; import or define it above the class"
        )
    except KindError as error:
        _fail(cls, str(error))
    except (PydanticUserError, TypeError) as error:
        _fail(cls, str(error).splitlines()[0])


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _first_line(doc: object) -> str:
    return doc.strip().partition("\n")[0].strip() if isinstance(doc, str) else ""


def _braces(pattern: TopicPattern) -> str:
    return ", ".join(f"{{{name}}}" for name in pattern.placeholders)
