"""A field may get another name or unit; its history stays readable."""

from collections.abc import Callable
from typing import Annotated

import pytest

from schemas import Device, KindError, Location, Numeric, Switch, Timestamp, Was, history_sources, kind_of
from schemas.traits import Trait


class Oven(Device, topic="oven/{device}"):
    """A kind that has been changed three times."""

    heat: Annotated[
        float,
        Numeric(
            unit="°C",
            was=(Was(name="temperature"), Was(name="temp", unit="°F", factor=5 / 9, offset=-160 / 9)),
        ),
    ]
    power: Annotated[float | None, Numeric(unit="kW", was=Was(unit="W", factor=0.001))] = None
    pressure: Annotated[float | None, Numeric(unit="bar", was=Was(unit=""))] = None
    fan: Annotated[bool | None, Switch(was=Was(name="blower"))] = None


@pytest.mark.parametrize(
    ("metric", "sources"),
    [
        (
            "heat",
            (
                ("heat", "°C", 1.0, 0.0),
                ("temperature", "°C", 1.0, 0.0),
                ("temp", "°F", 5 / 9, -160 / 9),
            ),
        ),
        ("power", (("power", "kW", 1.0, 0.0), ("power", "W", 0.001, 0.0))),
        ("pressure", (("pressure", "bar", 1.0, 0.0), ("pressure", "", 1.0, 0.0))),
        ("fan", (("fan", "", 1.0, 0.0), ("blower", "", 1.0, 0.0))),
        ("unheard_of", (("unheard_of", "lx", 1.0, 0.0),)),
    ],
)
def test_sources(metric: str, sources: tuple[tuple[str, str, float, float], ...]) -> None:
    """The present name and unit come first, then the earlier ones in the order of declaration."""
    assert sources == history_sources(kind_of(Oven), metric, "lx")


def test_sources_without_a_kind() -> None:
    """A device that no kind claims has only what it sends."""
    assert (("temp", "", 1.0, 0.0),) == history_sources(None, "temp")


def test_boiling_water_stays_boiling() -> None:
    """A value is shown as the earlier one × factor + offset."""
    _, _, (_, _, factor, offset) = history_sources(kind_of(Oven), "heat")
    assert pytest.approx(100) == 212 * factor + offset


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (Was, "say the earlier name, the earlier unit or both"),
        (lambda: Was(factor=2), "say the earlier name"),
        (lambda: Was(name=" "), "name must be the earlier name"),
        (lambda: Was(unit=5), "unit must be the earlier unit"),  # type: ignore[arg-type]
        (lambda: Was(unit="W", factor=0), "factor must not be 0"),
        (lambda: Was(unit="W", factor=float("inf")), "factor must be a finite number"),
        (lambda: Was(unit="W", offset=float("nan")), "offset must be a finite number"),
        (lambda: Was(unit="W", offset=True), "offset must be a finite number"),
        (lambda: Numeric(was="temp"), "was must be Was"),  # type: ignore[arg-type]
        (lambda: Numeric(was=("temp",)), "was must be Was"),  # type: ignore[arg-type]
        (lambda: Switch(was=Was(unit="")), "Switch has no unit"),
        (lambda: Timestamp(was=Was(unit="s")), "Timestamp has no unit"),
        (lambda: Location(axis="latitude", was=Was(unit="rad", factor=57.3)), "Location has no unit"),
        (lambda: Switch(was=Was(name="fan", factor=2)), "Switch is no number"),
    ],
    ids=range(14),
)
def test_nonsense_is_refused(build: Callable[[], Trait | Was], text: str) -> None:
    """What says nothing, or what no field can have been, is refused at once."""
    with pytest.raises(KindError, match=text):
        build()


def _declare(was: Was | tuple[Was, ...]) -> None:
    class Thing(Device, topic="things/{device}"):
        level: Annotated[float, Numeric(unit="m", was=was)]
        depth: float | None = None


@pytest.mark.parametrize(
    ("was", "text"),
    [
        (Was(name="depth"), r'Thing\.level: was names "depth", which the kind has today'),
        (Was(name="level", unit="cm"), r'was names "level", which the kind has today; leave the name out'),
        (Was(unit="m", factor=2), r'was says "level" in m, which is as today or said twice'),
        ((Was(name="a"), Was(name="a", unit="m")), r'was says "a" in m, which is as today or said twice'),
    ],
)
def test_mistakes_are_told(was: Was | tuple[Was, ...], text: str) -> None:
    """What contradicts the rest of the kind is told where the class is declared."""
    with pytest.raises(KindError, match=text):
        _declare(was)
