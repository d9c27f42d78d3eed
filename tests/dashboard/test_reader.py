"""For whom something is drawn: languages, units, zones, and what a browser keeps of them."""

import json
import math
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import URL

from dashboard.language import catalog, language_of
from dashboard.language.foreign import SENTENCES
from dashboard.present import format_value
from dashboard.reader import ENGLISH, Reader
from dashboard.units import conversion
from dashboard.wishes import NOTE, Wishes, wishes_of
from schemas.traits import Numeric
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import WIDE, Stage, play, plugged, until

CHINESE = Reader("zh")


@pytest.mark.parametrize(
    ("wanted", "browser", "language"),
    [
        ("zh", ["en"], "zh"),
        ("", ["zh-TW", "en"], "zh"),
        ("", ["de-DE", "ZH_cn"], "zh"),
        ("", ["de", "fr"], "en"),
        ("xx", [], "en"),
    ],
)
def test_a_language_is_chosen_or_the_browsers_own(wanted: str, browser: list[str], language: str) -> None:
    """What he chose goes before what his browser prefers; where there is neither, English."""
    assert language == language_of(wanted, browser)


def test_a_text_is_its_own_key() -> None:
    """English is as it stands; a text without translation stays as it is, its values in place."""
    assert "2 of 3" == ENGLISH.say("{a} of {b}", a=2, b=3)
    assert "no such text 7" == CHINESE.say("no such text {n}", n=7)
    assert ["1 byte", "2 bytes", "0 bytes"] == [ENGLISH.count("{n} byte", "{n} bytes", n) for n in (1, 2, 0)]


def test_what_others_say_is_known_by_its_sentence() -> None:
    """A sentence with holes is said in another language with what stood in them; a device's words stay."""
    said = "No connection to the broker: {why}"
    assert said in SENTENCES
    assert catalog("zh").gettext(said).format(why="x%{y}") == CHINESE.told(
        "No connection to the broker: x%{y}"
    )
    assert "Küche {0}" == CHINESE.told("Küche {0}")
    assert "" == CHINESE.told("")


@given(st.text(max_size=60))
def test_anything_can_be_said_by_others(text: str) -> None:
    """Whatever it is, with braces and all, it is shown."""
    assert isinstance(CHINESE.told(text), str)


@pytest.mark.parametrize(
    ("unit", "system", "value", "shown"),
    [
        ("°C", "imperial", 21.5, 70.7),
        ("°F", "metric", 212.0, 100.0),
        ("km/h", "imperial", 160.9344, 100.0),
        ("gal", "metric", 1.0, 3.785411784),
    ],
)
def test_a_unit_is_shown_as_wanted(unit: str, system: str, value: float, shown: float) -> None:
    """And what a person gives is meant in the device's own."""
    into = conversion(unit, system)  # type: ignore[arg-type]
    assert into is not None
    assert (shown, value) == pytest.approx((into.shown(value), into.meant(shown)))


def test_a_number_beyond_every_float_is_shown_in_another_unit_too() -> None:
    """It has no float once it is converted."""
    into = conversion("l", "imperial")
    assert into is not None
    assert (math.inf, -math.inf) == (into.shown(10**400), into.shown(-(10**400)))
    assert "2.64172e+399" == format_value(10**400, Numeric(unit="l"), ENGLISH, into)


@pytest.mark.parametrize(
    ("unit", "system"), [("W", "imperial"), ("°C", "device"), ("°C", "metric"), ("", "metric")]
)
def test_a_unit_stays_where_it_is_the_same(unit: str, system: str) -> None:
    """What is the same everywhere, or wanted as it is, is not converted."""
    assert conversion(unit, system) is None  # type: ignore[arg-type]


def test_a_browser_says_again_what_it_keeps() -> None:
    """What the note gives it to keep, said at the next start, are the same wishes."""
    wishes = Wishes(
        "dark", "zh", "imperial", "Asia/Tokyo", ("de",), "Europe/Berlin", "place", "name", "large"
    )
    assert NOTE == wishes.note[:1]
    kept = json.loads(wishes.note[1:])["wish"] | {"languages": ["de"], "here": "Europe/Berlin"}
    assert wishes == wishes_of(URL(f"ws://h/ws?told=1&wish={quote(json.dumps(kept))}"))
    assert Reader("zh", "imperial", "Asia/Tokyo") == wishes.reader()


def test_without_a_wish_all_is_as_the_browser_has_it() -> None:
    """Language and zone are the browser's; the house's usual language goes before the browser's."""
    wishes = Wishes(languages=("zh-CN", "en"), here="Europe/Berlin")
    assert Reader("zh", "device", "Europe/Berlin") == wishes.reader()
    assert Reader("en", "device", "Europe/Berlin") == wishes.reader("en")
    assert Reader("en", "device", "UTC") == Wishes(here="Mars/Olympus").reader()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "[1]",
        "null",
        '{"theme":7,"language":["zh"],"units":{},"zone":3,"languages":9,"here":null,"group":[],"sort":{},"size":1}',
        "[" * 3_000,
    ],
    ids=["nothing", "half", "a list", "null", "wrong types", "deep"],
)
def test_nonsense_is_as_if_nothing_had_been_said(said: str) -> None:
    """A wish that is none harms nobody."""
    assert Wishes() == wishes_of(URL(f"ws://h/ws?wish={quote(said)}"))


@given(st.text(max_size=200))
def test_whatever_an_address_says_gives_a_reader(said: str) -> None:
    """No address can break the opening of a session."""
    assert isinstance(wishes_of(URL("ws://h/ws").include_query_params(wish=said)).reader(), Reader)


def test_two_readers_see_one_house_each_in_his_way() -> None:
    """Units are each person's own; a change reaches both."""
    house = FakeHouse()
    house.hear("fleet/thermostat/hall/state", {"temperature": 20})

    async def act(stage: Stage) -> None:
        here, there = await stage.open(), await stage.open(wish={"units": "imperial"})
        await here.sees("20.0")
        await there.sees("68.0")
        stage.hear("fleet/thermostat/hall/state", {"temperature": 25})
        await here.sees("25.0")
        await there.sees("77.0")

    play(act, house)


def test_who_wishes_otherwise_sees_it_at_once_and_after_a_reload() -> None:
    """The browser is told to keep it; the page is drawn anew, whole, and lives; the banner too."""
    house = FakeHouse()
    house.hear("fleet/thermostat/hall/state", {"temperature": 20})

    async def act(stage: Stage) -> None:
        tab = await stage.open(page={**WIDE, "width": 390})
        await tab.sees("20.0")
        (session,) = stage.shared.open
        session._wish(Wishes(units="imperial"))  # noqa: SLF001
        await tab.sees("68.0")
        assert [{"wish": {"theme": "system", "language": "", "units": "imperial", "zone": ""}}] == [
            note for note in tab.client.notes if note
        ]
        await until(lambda: not tab.blank(), "the whole frame")
        stage.hear("fleet/thermostat/hall/state", {"temperature": 25})
        await tab.sees("77.0")
        tab.wish = tab.client.notes[-1]["wish"]
        await tab.lose()
        tab.connect()
        stage.hear("fleet/thermostat/hall/state", {"temperature": 30})
        await tab.sees("86.0")
        assert ["banner/en.imperial/1.0"] == [
            name for name in stage.scene.layouts if name.startswith("banner")
        ]

    play(act, house)


def test_another_wish_from_another_tab_is_taken_up_when_it_comes_back() -> None:
    """Two tabs of one browser keep one wish: who was away follows what the other chose."""
    house = FakeHouse()
    house.hear("fleet/thermostat/hall/state", {"temperature": 20})

    async def act(stage: Stage) -> None:
        tab = await stage.open()
        await tab.sees("20.0")
        await tab.lose()
        tab.wish = {"units": "imperial"}
        tab.connect()
        await tab.sees("68.0")
        assert [] == [name for name in stage.scene.layouts if "en.imperial" not in name.split("/")]

    play(act, house)


def test_light_and_dark_are_kept() -> None:
    """The button changes what is seen, and what the browser keeps."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(wish={"theme": "dark"})
        await tab.sees("12.5")
        assert "dark" == tab.client.root["theme_mode"]
        (session,) = stage.shared.open
        session.flip()
        await until(lambda: tab.client.root["theme_mode"] == "light", "light")
        assert "light" == [note for note in tab.client.notes if note][-1]["wish"]["theme"]

    play(act, plugged())
