"""Whatever happens, a card that is kept in step shows what one shows that is drawn now."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.card import Card
from dashboard.reader import Reader
from dashboard.scene import Layout, Scene
from dashboard.views import find
from tests.dashboard.fake import SAMPLES, FakeHouse
from tests.dashboard.paged import house_with

Step: TypeAlias = Callable[[FakeHouse], set[str]]
READER = Reader("zh", "imperial")
PAGE = """title = "All"

[[tiles]]
type = "device"
device = "thermostat.one"
[[tiles]]
type = "metric"
device = "thermostat.one"
metric = "temperature"
[[tiles]]
type = "gauge"
device = "thermostat.one"
metric = "humidity"
[[tiles]]
type = "control"
device = "plug.one"
metric = "on"
[[tiles]]
type = "group"
kind = "machine"
[[tiles]]
type = "group"
place = "Attic"
"""
ROUTES = ("/", "/pages/all", "/devices/thermostat.one")
SOME = st.sampled_from(["thermostat", "machine"])
NAMES = st.sampled_from([None, "Attic", "{0}%s", "\u202eabc", "<b>&"])
BROKEN = "No connection: {x}"


def said(kind: str, sample: int) -> Step:
    """A device speaks."""
    return lambda house: house.hear(f"fleet/{kind}/one/state", SAMPLES[kind][sample])


def announced(kind: str, word: str) -> Step:
    """A device says that it is there, or not, or something else."""
    return lambda house: house.hear(f"fleet/{kind}/one/availability", word)


def unclaimed(payload: str) -> Step:
    """Something speaks that no kind claims."""
    return lambda house: house.hear("shed/pump", payload)


def named(kind: str, name: str | None, place: str | None, *, retired: bool) -> Step:
    """A person names a device, and puts it away or back."""

    def step(house: FakeHouse) -> set[str]:
        device_id = f"{kind}.one"
        if device_id not in house.devices:
            return set()
        try:
            house.relabel(device_id, name=name, place=place)
        except ValueError:
            return set()
        house.retire(device_id, retired=retired)
        return house.renamed(device_id)

    return step


def commanded(kind: str, changes: dict[str, Any]) -> Step:
    """A person asks something of a device."""

    def step(house: FakeHouse) -> set[str]:
        if f"{kind}.one" in house.devices:
            house.command(f"{kind}.one", changes, by="somebody")
        return {f"device/{kind}.one"}

    return step


def forgotten(kind: str) -> Step:
    """A device is forgotten."""
    return lambda house: house.lose(f"{kind}.one")


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(said, SOME, st.integers(0, 2)),
    st.builds(announced, SOME, st.sampled_from(["online", "offline", "perhaps {0}"])),
    st.builds(unclaimed, st.sampled_from(["1", "2.5", '"a"', '{"a": 1}', '{"a": true, "b": "x"}', "x"])),
    st.builds(named, SOME, NAMES, NAMES, retired=st.booleans()),
    st.builds(commanded, st.just("plug"), st.sampled_from([{"on": True}, {"on": False}])),
    st.builds(commanded, st.just("thermostat"), st.sampled_from([{"target": 20}, {"target": 25}])),
    st.builds(forgotten, SOME),
    st.sampled_from([1.0, 30.0, 700.0]).map(lambda seconds: lambda house: house.let_pass(seconds)),
    st.booleans().map(lambda up: lambda house: house.broker(up=up, detail="connected" if up else BROKEN)),
)


def opened(house: FakeHouse, scene: Scene) -> Sequence[Layout]:
    """All these pages."""
    found = []
    for route in ROUTES:
        there = find(route)
        assert there is not None
        page, values = there
        found.append(scene.open(page.layout(house, values, READER)))
    return found


def live_of(card: Card[Any]) -> Sequence[tuple[str, object]]:
    """All that may change on a card, in order."""
    return [(live.name, live.value) for live in card._now.lives]  # noqa: SLF001


def differing(kept: Sequence[Layout], house: FakeHouse) -> dict[str, object]:
    """The cards that show something else than one that is drawn now: this, and what they show.

    A chart of the history says from when to when it goes, and moves on in steps of its own: it is left out.
    """
    found: dict[str, object] = {}
    for before, now in zip(kept, opened(house, Scene()), strict=True):
        there = {card.plan.key: live_of(card) for card in now.cards}
        here = {card.plan.key: live_of(card) for card in before.cards}
        found |= {
            key: (there[key], here[key])
            for key in there.keys() & here.keys()
            if there[key] != here[key] and not key.startswith("history/")
        }
    return found


@settings(max_examples=4, deadline=None)
@given(st.lists(STEPS, min_size=16, max_size=24))
def test_what_is_kept_in_step_is_what_is_drawn_now(steps: Sequence[Step]) -> None:
    """After each step, on each page: each live property of each card."""
    with tempfile.TemporaryDirectory() as folder:
        house = house_with(Path(folder), all=PAGE)
        scene = Scene()
        kept = opened(house, scene)
        for step in steps:
            scene.touch(step(house) | {"status"})
            for _ in range(2):
                # Ages grow at a tick, and may grow by a step right after it, but not after the next one too.
                scene.touch({"tick"})
                found = differing(kept, house)
                if not found:
                    break
            assert {} == found


@pytest.mark.parametrize("retired", [False, True], ids=["named", "put_away"])
def test_a_device_that_is_named_or_put_away_is_seen_so_at_once(*, retired: bool, tmp_path: Path) -> None:
    """On its cards, in a group of a page, and in the figures of the overview; not with the next tick only."""
    house = house_with(tmp_path, all=PAGE)
    scene = Scene()
    kept = opened(house, scene)
    scene.touch(named("machine", "Press", "Attic", retired=retired)(house))
    assert {} == differing(kept, house)
