"""Traits: what a field of a device means, and which values of it are possible.

A trait stands in a field's `Annotated[…]`. It bounds the value (outside = the message is refused) and says
what a dashboard needs to draw it. It never names a widget.
"""

import math
from dataclasses import Field, dataclass, fields
from typing import ClassVar, Literal, Self, TypeAlias, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from schemas.moments import moment_schema

LIMIT = 1e15
"""A number without stated bounds lies between -LIMIT and LIMIT."""

_LARGEST_INT = 2**63 - 1

Leaf: TypeAlias = dict[str, object]


class KindError(ValueError):
    """A kind is declared wrongly; the text says what and how to mend it."""


class _Declared:
    """Something that is declared by naming its arguments. A wrong one is told with those that there are."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    def __new__(cls, *unnamed: object, **given: object) -> Self:
        """Refuse what cannot be meant; the dataclass would only say what Python says."""
        # What is its own comes before what all of them take.
        known = sorted((field.name for field in fields(cls)), key=lambda name: name in Trait.__annotations__)
        wrong = [name for name in given if name not in known]
        if unnamed or wrong:
            what = f"has no argument {wrong[0]}" if wrong else "takes its arguments by name"
            raise KindError(f"{cls.__name__} {what}; there are {', '.join(known)}")
        return super().__new__(cls)


@dataclass(frozen=True, kw_only=True)
class Was(_Declared):
    """What a field was before: it had another `name`, or was measured in another `unit` ("" for none).

    What is left out is as today. A value now is a value then x `factor` + `offset`.
    """

    name: str | None = None
    unit: str | None = None
    factor: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what says nothing, and numbers that are none."""
        if self.name is None and self.unit is None:
            raise KindError("Was: say the earlier name, the earlier unit or both")
        if self.name is not None and not (isinstance(self.name, str) and self.name.strip()):
            raise KindError(f"Was: name must be the earlier name, not {self.name!r}")
        if self.unit is not None and not isinstance(self.unit, str):
            raise KindError(f'Was: unit must be the earlier unit, or "" for none, not {self.unit!r}')
        _check_number(self, "factor")
        _check_number(self, "offset")
        if self.factor == 0:
            raise KindError("Was: factor must not be 0, or all earlier values would be the same")


@dataclass(frozen=True, kw_only=True)
class Trait(_Declared):
    """What every trait can say.

    `command` is the topic template to which a new value is sent, which makes the field settable. `confirm` is
    a question that a person is asked before the dashboard sends one ("Stop the machine?"). `measure` is a
    semantic name ("temperature", "battery", "power", …) for tools and the simulator. `was` keeps the
    history readable after the field got another name or unit.
    """

    label: str | None = None
    command: str | None = None
    confirm: str | None = None
    measure: str | None = None
    was: Was | tuple[Was, ...] = ()

    goes_with: ClassVar[dict[str, str]] = {}
    """The types a field may have: pydantic's name of the core type, and ours for a person."""
    can_be_set: ClassVar[bool] = True
    can_be_read: ClassVar[bool] = True
    is_number: ClassVar[bool] = False
    has_unit: ClassVar[bool] = False

    @property
    def earlier(self) -> tuple[Was, ...]:
        """Everything that `was` says."""
        return (self.was,) if isinstance(self.was, Was) else self.was

    def __post_init__(self) -> None:
        """Refuse what no field could mean."""
        if self.command is not None and not self.can_be_set:
            raise KindError(f"{type(self).__name__} can only be read: remove its command")
        for text in (self.label, self.command, self.confirm, self.measure):
            if text is not None and not (isinstance(text, str) and text.strip()):
                raise KindError(
                    f"{type(self).__name__}: label, command, confirm and measure must be texts, not {text!r}"
                )
        if self.confirm is not None and self.command is None:
            raise KindError(f"{type(self).__name__}: confirm asks before a command: give one, or remove it")
        self._check_earlier()

    def question(self, value: object) -> str | None:
        """What to ask a person before this value is sent; None where nothing is to be asked."""
        only = getattr(self, "confirm_for", ())
        return self.confirm if not only or value in only else None

    def _check_earlier(self) -> None:
        trait = type(self).__name__
        if not isinstance(self.earlier, tuple) or not all(isinstance(was, Was) for was in self.earlier):
            raise KindError(f"{trait}: was must be Was(…), or several in parentheses, not {self.was!r}")
        for was in self.earlier:
            if was.unit is not None and not self.has_unit:
                raise KindError(f"{trait} has no unit, so it had none before: take the unit out of Was")
            if (was.factor, was.offset) != (1, 0) and not self.is_number:
                raise KindError(f"{trait} is no number: take factor and offset out of Was")

    def narrow(self, leaf: Leaf) -> None:
        """Write the bounds into the core schema of the value."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Narrow the value inside optional types and validators; refuse a type the trait does not go with."""
        schema = handler(source)
        leaf = cast(Leaf, schema)
        while leaf["type"] in _WRAPPERS:
            leaf = cast(Leaf, leaf["schema"])
        if leaf["type"] in ("definition-ref", "definitions"):
            leaf = cast(Leaf, handler.resolve_ref_schema(cast(CoreSchema, leaf)))
        if leaf["type"] not in self.goes_with:
            expected = " or ".join(dict.fromkeys(self.goes_with.values()))
            raise KindError(f"{type(self).__name__} goes with {expected}, not with {leaf['type']}")
        self.narrow(leaf)
        return schema

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell how the field is set: `x-command`, `x-confirm` and `x-confirm-for`, as far as it is said."""
        told = handler(core)
        for name in ("command", "confirm", "confirm_for"):
            given = getattr(self, name, None)
            if given:
                told[f"x-{name.replace('_', '-')}"] = list(given) if isinstance(given, tuple) else given
        return told


_WRAPPERS = frozenset({"nullable", "default", "function-before", "function-after", "function-wrap"})


@dataclass(frozen=True, kw_only=True)
class Numeric(Trait):
    """A number. `low` and `high` are the valid range; `warn_low` and `warn_high` only colour the value.

    `precision` is the number of decimals shown, `step` the distance of the values a person can choose.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    warn_low: float | None = None
    warn_high: float | None = None
    precision: int | None = None
    step: float | None = None

    goes_with: ClassVar[dict[str, str]] = {"float": "float", "int": "int"}
    is_number: ClassVar[bool] = True
    has_unit: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse bounds that cross."""
        super().__post_init__()
        for name in ("low", "high", "warn_low", "warn_high", "step"):
            _check_number(self, name)
        _check_precision(self.precision)
        low, high = self.bounds
        if low > high:
            raise KindError(f"Numeric: low ({low:g}) is above high ({high:g})")
        if self.warn_low is not None and self.warn_high is not None and self.warn_low > self.warn_high:
            raise KindError(f"Numeric: warn_low ({self.warn_low:g}) is above warn_high ({self.warn_high:g})")
        if self.step is not None and self.step <= 0:
            raise KindError(f"Numeric: step must be above 0, not {self.step:g}")

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest valid value."""
        return -LIMIT if self.low is None else self.low, LIMIT if self.high is None else self.high

    def narrow(self, leaf: Leaf) -> None:
        """Bound a float or an int."""
        low, high = self.bounds
        if leaf["type"] == "int":
            bounds: Leaf = {
                "ge": max(math.ceil(low), -_LARGEST_INT - 1),
                "le": min(math.floor(high), _LARGEST_INT),
            }
        else:
            bounds = {"ge": float(low), "le": float(high), "allow_inf_nan": False}
        leaf.update(bounds, strict=True)


@dataclass(frozen=True, kw_only=True)
class Counter(Trait):
    """A number that only grows, such as consumed energy. Not negative, below 2**63, without other bounds."""

    unit: str = ""
    precision: int | None = None

    goes_with: ClassVar[dict[str, str]] = {"float": "float", "int": "int"}
    is_number: ClassVar[bool] = True
    has_unit: ClassVar[bool] = True
    can_be_set: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a precision that is none."""
        super().__post_init__()
        _check_precision(self.precision)

    def narrow(self, leaf: Leaf) -> None:
        """Bound a float or an int."""
        if leaf["type"] == "int":
            leaf.update(ge=0, le=_LARGEST_INT, strict=True)
        else:
            leaf.update(ge=0.0, lt=2.0**63, allow_inf_nan=False, strict=True)


@dataclass(frozen=True, kw_only=True)
class Switch(Trait):
    """Something on or off, to be switched if it has a `command`. `on` and `off` are the words shown.

    `confirm_for`: the question of `confirm` is asked before these only, as in `(True,)`; both if it is empty.
    """

    on: str = "on"
    off: str = "off"
    confirm_for: tuple[bool, ...] = ()

    goes_with: ClassVar[dict[str, str]] = {"bool": "bool"}

    def __post_init__(self) -> None:
        """Refuse values that no switch has."""
        super().__post_init__()
        _check_confirm_for(self, self.confirm_for, bool, "True or False")

    def narrow(self, leaf: Leaf) -> None:
        """Only true and false."""
        leaf.update(strict=True)


@dataclass(frozen=True, kw_only=True)
class Binary(Trait):
    """A yes or no that can only be read, such as open or closed. `on` and `off` are the words shown."""

    on: str = "yes"
    off: str = "no"

    goes_with: ClassVar[dict[str, str]] = {"bool": "bool"}
    can_be_set: ClassVar[bool] = False

    def narrow(self, leaf: Leaf) -> None:
        """Only true and false."""
        leaf.update(strict=True)


@dataclass(frozen=True, kw_only=True)
class Choice(Trait):
    """One of a few words: the options of a `Literal` or `Enum`. Those in `alarming` mean trouble.

    `confirm_for`: the question of `confirm` is asked before these words only; before all if it is empty.
    """

    alarming: tuple[str, ...] = ()
    confirm_for: tuple[str, ...] = ()

    goes_with: ClassVar[dict[str, str]] = {"literal": "Literal", "enum": "Enum"}

    def __post_init__(self) -> None:
        """Refuse what is no word."""
        super().__post_init__()
        _check_confirm_for(self, self.confirm_for, str, "words")


@dataclass(frozen=True, kw_only=True)
class Event(Trait):
    """Something momentary, such as the press of a button: one of the words of a `Literal` or `Enum`."""

    goes_with: ClassVar[dict[str, str]] = {"literal": "Literal", "enum": "Enum"}
    can_be_set: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class Text(Trait):
    """Free text of at most `max_length` characters."""

    max_length: int = 1024

    goes_with: ClassVar[dict[str, str]] = {"str": "str"}

    def __post_init__(self) -> None:
        """Refuse a length that is none."""
        super().__post_init__()
        if isinstance(self.max_length, bool) or not isinstance(self.max_length, int) or self.max_length < 1:
            raise KindError(f"Text: max_length must be a whole number from 1, not {self.max_length!r}")

    def narrow(self, leaf: Leaf) -> None:
        """Bound the length."""
        leaf.update(max_length=self.max_length, strict=True)


@dataclass(frozen=True, kw_only=True)
class Color(Trait):
    """A colour as `#rrggbb`."""

    goes_with: ClassVar[dict[str, str]] = {"str": "str"}

    def narrow(self, leaf: Leaf) -> None:
        """Only six hexadecimal digits after a #."""
        leaf.update(pattern="^#[0-9a-fA-F]{6}$", strict=True)


@dataclass(frozen=True, kw_only=True)
class Location(Trait):
    """One half of a position, in degrees."""

    axis: Literal["latitude", "longitude"]

    goes_with: ClassVar[dict[str, str]] = {"float": "float"}
    is_number: ClassVar[bool] = True
    can_be_set: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse an axis that is none."""
        super().__post_init__()
        if self.axis not in ("latitude", "longitude"):
            raise KindError(f'Location: axis must be "latitude" or "longitude", not {self.axis!r}')

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest valid value."""
        return (-90.0, 90.0) if self.axis == "latitude" else (-180.0, 180.0)

    def narrow(self, leaf: Leaf) -> None:
        """Bound the angle."""
        low, high = self.bounds
        leaf.update(ge=low, le=high, allow_inf_nan=False, strict=True)


@dataclass(frozen=True, kw_only=True)
class Timestamp(Trait):
    """A moment, as RFC 3339 text with a zone, or as Unix seconds or milliseconds."""

    unit: Literal["rfc3339", "s", "ms"] = "rfc3339"

    goes_with: ClassVar[dict[str, str]] = {"datetime": "AwareDatetime"}
    can_be_set: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a unit that is none."""
        super().__post_init__()
        if self.unit not in ("rfc3339", "s", "ms"):
            raise KindError(f'Timestamp: unit must be "rfc3339", "s" or "ms", not {self.unit!r}')

    def narrow(self, leaf: Leaf) -> None:
        """Take exactly one notation from JSON, and moments with a zone from Python."""
        leaf.clear()
        leaf.update(moment_schema(self.unit))


def _check_confirm_for(trait: Trait, values: object, sort: type, words: str) -> None:
    name = type(trait).__name__
    if not isinstance(values, tuple) or not all(isinstance(value, sort) for value in values):
        raise KindError(
            f"{name}: confirm_for must be {words} in parentheses with a comma behind, not {values!r}"
        )
    if values and trait.confirm is None:
        raise KindError(f"{name}: confirm_for says when to ask; give confirm the question, or remove it")


def _check_number(trait: Trait | Was, name: str) -> None:
    number = getattr(trait, name)
    if number is None:
        return
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise KindError(f"{type(trait).__name__}: {name} must be a finite number, not {number!r}")


def _check_precision(precision: int | None) -> None:
    if precision is None:
        return
    if isinstance(precision, bool) or not isinstance(precision, int) or not 0 <= precision <= 12:
        raise KindError(f"precision must be a whole number from 0 to 12, not {precision!r}")
