"""The set of kinds, and the kinds of a user's folder."""

from pathlib import Path
from typing import Annotated

import pytest

from schemas import Device, KindError, Kinds, Switch, kind_of, load_folder, shipped_kinds

GOOD = """
from schemas import Device

class {name}(Device, topic="my/{topic}/{{device}}"):
    level: float
"""


def test_claims_by_role() -> None:
    """A topic is claimed with its role and the id of its device."""
    kinds = shipped_kinds()
    roles = {"state": "state", "availability": "availability", "set": "command"}
    for ending, role in roles.items():
        claim = kinds.claim(f"fleet/lamp/desk/{ending}")
        assert claim is not None
        assert ("lamp", role, "lamp.desk") == (claim.kind.name, claim.role, claim.device_id)
    assert None is kinds.claim("fleet/lamp/desk")
    assert None is kinds.claim("fleet/lamp/desk/state/more")
    assert None is kinds.claim("")


def test_the_most_specific_pattern_wins() -> None:
    """Fewer placeholders win, whatever the order; among equals the first."""

    class General(Device, topic="{site}/{type}/{device}"):
        level: float

    class Middle(Device, topic="{site}/pump/{device}"):
        level: float

    class Other(Device, topic="north/{type}/{device}"):
        level: float

    class Special(Device, topic="north/pump/{device}"):
        level: float

    kinds = Kinds()
    for model in (General, Middle, Other):
        kinds.add(kind_of(model))

    def name(topic: str) -> str | None:
        claim = kinds.claim(topic)
        return claim.kind.name if claim else None

    assert "middle" == name("north/pump/1")
    kinds.add(kind_of(Special))
    expected = ["special", "middle", "other", "general", None]
    topics = ["north/pump/1", "south/pump/1", "north/fan/1", "south/fan/1", "south/fan/"]
    assert expected == [name(topic) for topic in topics]


def test_claims_stay_right_when_the_cache_is_full() -> None:
    """More topics than the cache holds are claimed as before."""
    kinds = shipped_kinds()
    for _ in range(2):
        claims = [kinds.claim(f"fleet/lamp/{number}/state") for number in range(12_000)]
        assert [f"lamp.{number}" for number in range(12_000)] == [
            claim.device_id for claim in claims if claim
        ]


def test_names_and_topics_are_taken_once() -> None:
    """Two kinds cannot share a name, a topic, or one's topic with the other's command."""
    kinds = shipped_kinds()
    with pytest.raises(KindError, match="already a kind named lamp"):
        kinds.add(next(kind for kind in shipped_kinds() if kind.name == "lamp"))

    class Light(Device, topic="fleet/lamp/{device}/state"):
        level: float

    class Remote(Device, topic="fleet/lamp/{device}/set"):
        level: float

    class Sly(Device, topic="sly/{device}"):
        on: Annotated[bool, Switch(command="fleet/lamp/{device}/state")]

    for model in (Light, Remote, Sly):
        with pytest.raises(KindError, match="of lamp"):
            kinds.add(kind_of(model))
    assert [kind.name for kind in shipped_kinds()] == [kind.name for kind in kinds]
    assert None is kinds.get("light")


def test_a_folder_of_kinds(tmp_path: Path) -> None:
    """Every file of a folder adds its kinds; those that start with _ are only shared."""
    (tmp_path / "_shared.py").write_text(
        "from typing import Annotated\nfrom schemas import Numeric\n"
        "Celsius = Annotated[float, Numeric(unit='°C')]\n",
        encoding="utf-8",
    )
    (tmp_path / "oven.py").write_text(
        "from __future__ import annotations\nfrom schemas import Device\n"
        "from schemas.kinds.lamp import Lamp\n"
        "from ._shared import Celsius\n\nclass Oven(Device, topic='my/oven/{device}'):\n    heat: Celsius\n",
        encoding="utf-8",
    )
    (tmp_path / "two-kinds.py").write_text(
        GOOD.format(name="Well", topic="well") + GOOD.format(name="Pond", topic="pond"), encoding="utf-8"
    )
    kinds = shipped_kinds()
    assert [] == load_folder(kinds, tmp_path)
    assert ["oven", "well", "pond"] == [kind.name for kind in kinds][len(shipped_kinds()) :]
    oven = kinds.get("oven")
    assert oven is not None
    assert "°C" == oven.metrics["heat"].unit
    assert ["_shared.py", "oven.py", "two-kinds.py"] == sorted(
        file.name for file in tmp_path.iterdir() if file.is_file()
    )


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("x = 1\nclass Broken(Device:\n", 2, "not Python"),
        ("import nowhere_to_be_found\n", 1, "ModuleNotFoundError"),
        (
            "from schemas import Device\n\n\nclass Broken(Device):\n    level: float\n",
            4,
            "Broken: no topic is given",
        ),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError"),
        ("raise SystemExit\n", 1, "ends the program"),
        ("x = 1\n", None, "no kind is declared here"),
        ("x = '\0'\n", None, ""),
        (GOOD.format(name="Lamp", topic="mine"), 4, "already a kind named lamp"),
        (GOOD.format(name="Thing", topic="good"), 4, "already the state topic of good"),
    ],
)
def test_one_broken_file_leaves_the_others(tmp_path: Path, text: str, line: int | None, part: str) -> None:
    """A mistake in one file is told with file and line, and the other files' kinds work."""
    (tmp_path / "a_good.py").write_text(GOOD.format(name="Good", topic="good"), encoding="utf-8")
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    (tmp_path / "z_fine.py").write_text(GOOD.format(name="Fine", topic="fine"), encoding="utf-8")
    kinds = shipped_kinds()
    broken = load_folder(kinds, tmp_path)
    assert [(tmp_path / "broken.py", line)] == [(item.file, item.line) for item in broken]
    assert part in broken[0].message
    assert "\n" not in broken[0].message
    assert ["good", "fine"] == [kind.name for kind in kinds][len(shipped_kinds()) :]


BARN = """
from typing import Annotated
from schemas import Device, Location, Numeric, Switch, Was

class Barn(Device, topic="farm/{{device}}"):
    window: Annotated[bool, Switch()]
    heat: {}
"""
OF_NUMERIC = "unit, low, high, warn_low, warn_high, precision, step, label, command, confirm, measure, was"


@pytest.mark.parametrize("late", ["", "from __future__ import annotations"])
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("Annotated[float, Numeric(min=3)]", f"Numeric has no argument min; there are {OF_NUMERIC}"),
        ("Annotated[float, Numeric('°C')]", f"Numeric takes its arguments by name; there are {OF_NUMERIC}"),
        (
            "Annotated[float, Numeric(was=Was(nam='x'))]",
            "Was has no argument nam; there are name, unit, factor, offset",
        ),
        ("Annotated[float, Numeric(low=2, high=1)]", "Numeric: low (2) is above high (1)"),
        ("Annotated[float, Location()]", "TypeError: Location.__init__() missing 1 required"),
        ("Annotated[float, 1 / 0]", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, late: str, wrong: str, told: str) -> None:
    """Class, field and line are told, and which arguments there are, also where types are read late."""
    (tmp_path / "barn.py").write_text(late + BARN.format(wrong), encoding="utf-8")
    [broken] = load_folder(shipped_kinds(), tmp_path)
    assert (7, f"Barn.heat: {told}") == (broken.line, broken.message[: len(f"Barn.heat: {told}")])
    assert "\n" not in broken.message


def test_a_wrong_trait_outside_of_a_class_is_told_with_its_line(tmp_path: Path) -> None:
    """What several fields share has no class; it is the class below that is not reached."""
    text = "from schemas import Numeric\n\nCELSIUS = Numeric(units='°C')\n"
    (tmp_path / "barn.py").write_text(text + BARN.format("float"), encoding="utf-8")
    [broken] = load_folder(shipped_kinds(), tmp_path)
    assert (3, f"Numeric has no argument units; there are {OF_NUMERIC}") == (broken.line, broken.message)


def test_a_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is told, not raised."""
    folder = tmp_path / "nowhere"
    assert [(folder, None)] == [(item.file, item.line) for item in load_folder(Kinds(), folder)]
