"""Nothing that is shown is untranslated: where every text stands in brackets, nothing is bare."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bridge.ports import Batch
from bridge.quarantine import quarantine
from dashboard import language
from dashboard.boards import TILES, Page
from dashboard.language import FOLDER, LANGUAGES, catalog
from dashboard.language.gather import gather, untranslated, update
from dashboard.language.told import remembered, told
from dashboard.views.own_pages import EXAMPLE
from schemas.message import RawMessage, Rejected
from tests.dashboard.client import Tree
from tests.dashboard.fake import FakeHouse
from tests.dashboard.mistaken_page import MISTAKES
from tests.dashboard.paged import KITCHEN, house_with
from tests.dashboard.stage import WIDE, Stage, play, until

SHOWN = frozenset({
    "value", "text", "tooltip", "label", "hint_text", "semantics_label", "title", "content", "helper",
    "error", "message", "suffix", "prefix", "placeholder",
})  # fmt: skip
"""Properties of Flet's controls that people read."""
WORD = re.compile(r"[^\W\d_]{2,}")
"""What is not a number, a sign or a single letter."""
UNITS = frozenset(
    [
        "kWh",
        "ppm",
        "lux",
        "rpm",
        "mm",
        "km",
        "min",
        "ms",
        "kB",
        "MB",
        "GB",
        "hPa",
        "voc",
        "°C",
        "°F",
        "µg",
        "lx",
    ]
)
OF_NO_LANGUAGE = frozenset(
    [
        "Fleetglass",
        "MQTT",
        "JSON",
        "Python",
        "flet",
        "paho",
        "mqtt",
        "amqtt",
        "pydantic",
        "p50",
        "p99",
        "QoS",
        "CSV",
        "SVG",
    ]
)


@pytest.fixture(scope="module")
def brackets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of a Chinese that is English in brackets."""
    texts = gather()
    for message in texts:
        if message.id:
            plural = isinstance(message.id, tuple)
            message.string = tuple(f"⟦{one}⟧" for one in message.id[1:]) if plural else f"⟦{message.id}⟧"
    folder = tmp_path_factory.mktemp("brackets")
    with (folder / "zh.po").open("wb") as file:
        write_po(file, texts, omit_header=True)
    return folder


@pytest.fixture
def bracketed(brackets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Chinese is, for the length of a test, English in brackets."""
    monkeypatch.setattr(language, "FOLDER", brackets)
    for kept in (catalog, remembered):
        kept.cache_clear()
    yield
    for kept in (catalog, remembered):
        kept.cache_clear()


def said(tree: object, name: str = "") -> Iterator[str]:
    """Every text in a tree of controls."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from said(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from said(value, name)
    elif isinstance(tree, str) and name in SHOWN:
        yield tree


def bare(text: str, data: frozenset[str]) -> list[str]:
    """The words of a text that stand in no brackets and are not data."""
    before = None
    while before != text:
        before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
    for known in sorted(data, key=len, reverse=True):
        text = text.replace(known, " ")
    return [word for word in WORD.findall(text) if word not in UNITS | OF_NO_LANGUAGE]


EARLIER = "on: expected true or false, got 7; and 3 more"
"""A sentence as an earlier version kept it, of a message that would pass now."""
REFUSED = (
    ("thermostat/one/state", b'{"temperature": 999, "humidity": "45"}'),
    ("thermostat/one/state", b'{"humidity": 45}'),
    ("thermostat/one/state", b'{"temperature": 20, "time": "45", "name": 45}'),
    ("thermostat/one/state", b'{"temperature": 20, "time": "2200-01-01T00:00:00Z"}'),
    ("thermostat/one/state", b'{"temperature": NaN}'),
    ("thermostat/one/state", b'{"temperature": 20,, "humidity": 45}'),
    ("thermostat/one/state", b"\xff"),
    ("thermostat/one/state", b"[45]"),
    ("thermostat/one/state", b"45 " * 100_000),
    ("thermostat/one/availability", b"45"),
    ("machine/one/state", b'{"state": 45, "parts": 4.5}'),
    ("lamp/one/state", b'{"on": 45, "color": 45}'),
    ("tracker/one/state", b'{"latitude": 450, "longitude": 450}'),
    ("energy_meter/one/state", b'{"power": 45, "energy": -45}'),
)
"""Messages that are refused, each for another reason; their values are numbers, which are no words."""


OF_THE_REFUSED = frozenset(
    {
        *(f"fleet/{topic}" for topic, _payload in REFUSED),
        *(f"fleet/{topic.replace('/one/', '/+/')}" for topic, _payload in REFUSED),
        *re.findall(r"\w+", " ".join(payload[:99].decode("utf-8", "replace") for _topic, payload in REFUSED)),
        "fleet/plug/one/state",
        "fleet/plug/+/state",
        "ff",
        "online",
        "offline",
        "idle, running, fault, maintenance",
        "2026-01-31T12:00:00Z",
    }
)
"""Words of their topics and payloads, and of what could have been in their place."""


def house_of_everything() -> tuple[FakeHouse, frozenset[str]]:
    """Devices of all sorts, with words that are data."""
    house = FakeHouse()
    house.hear_all(["thermostat", "plug", "lamp", "contact", "motion", "machine", "tracker", "button"])
    house.hear("fleet/thermostat/one/state", {"temperature": 99.5, "humidity": 99})
    house.hear("fleet/machine/one/state", {"state": "fault"})
    for topic, payload in REFUSED:
        house.hear(f"fleet/{topic}", payload)
    moment = RawMessage("fleet/plug/one/state", b'{"on": true}', 1.0)
    house.keep(Batch(quarantined=[quarantine(moment, Rejected("wrong_type", EARLIER, "on"))]))
    house.hear("attic/thing", {"fnord": 7, "word": "quux", "flag": True})
    data = {
        "Test",
        "Nobody",
        EXAMPLE,
        "#ff8800",
        "{value}",
        "heating",
        "humidity",
        "target",
        "temperature",
        "fleetglass",
        "fleet/thermostat/one/state",
        "fleet/thermostat/one/availability",
        "fleet/thermostat/{device}/state",
        "fleet/thermostat/{device}/availability",
        "attic/thing",
        "attic",
        "thing",
        "fleet",
        "true",
        "fnord",
        "quux",
        "One",
        "word",
        "flag",
        *house.devices,
        "http://",
        "mqtt://127.0.0.1",
    }
    return house, frozenset(data)


ROUTES = (
    "/",
    "/?q=xyzzy",
    "/devices/thermostat.one",
    "/devices/thermostat.one?open=message,kind",
    "/devices/plug.nobody",
    "/pages",
    "/quarantine",
    "/quarantine?show=messages",
    "/quarantine?topic=fleet/thermostat/%2B/state&reason=out_of_range&field=temperature",
    "/quarantine?topic=xyzzy",
    "/topics",
    "/topics?at=attic/thing",
    "/topics?q=xyzzy",
    "/unclaimed",
    "/more",
    "/system",
    "/nowhere",
)


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("width", [1200, 390])
def test_every_text_on_a_page_is_in_its_readers_language(route: str, width: int) -> None:
    """Whatever is neither data nor a unit came through the catalog."""
    house, data = house_of_everything()
    known = data | {"xyzzy", "nowhere", "nobody"} | (OF_THE_REFUSED if "quarantine" in route else set())
    found: dict[str, list[str]] = {}

    async def act(stage: Stage) -> None:
        tab = await stage.open(route, {**WIDE, "width": width}, {"language": "zh"})
        await tab.sees("⟦")
        await tab.sees_no("⟦Reading…⟧")
        tree: Tree = tab.client.root
        found.update({text: words for text in said(tree.get("views")) if (words := bare(text, known))})

    play(act, house)
    assert {} == found


KEYS = frozenset({*TILES, *Page.model_fields, *(key for one in TILES.values() for key in one.model_fields)})
"""What stands in the file of a page, and is of no language."""
MISSPELT = frozenset(["titel", "rnage", "widht", "unit", "true", "NaN"])
OF_A_FILE = frozenset(
    ["pages", "kitchen", "toml", "TOML", "Material", "water_drop", "id", "device", "metric"]
)


def test_a_mistake_in_a_page_is_in_its_readers_language() -> None:
    """Whatever is wrong in a file is recognised to the last part of it; only keys stay as they are."""
    left = {}
    for _text, (line, words) in MISTAKES:
        said = told("zh", f"pages/kitchen.toml:{line}: {words}; mend that first")
        if (
            found := set(re.findall(r"[A-Za-z_]{2,}", re.sub(r'"[^"]*"', " ", said)))
            - KEYS
            - OF_A_FILE
            - MISSPELT
        ):
            left[said] = found
    assert {} == left


@pytest.mark.usefixtures("bracketed")
def test_a_mistake_is_shown_in_its_readers_language(tmp_path: Path) -> None:
    """On the page whose file has it, and where a change is refused for it."""
    broken = KITCHEN.replace('type = "text"', 'type = "text"\nwidth = 13')
    house = house_with(tmp_path, kitchen=broken)
    said: list[str] = []

    async def act(stage: Stage) -> None:
        tab = await stage.open("/pages/kitchen", wish={"language": "zh"})
        await until(lambda: any("⟦" in text for text in tab.texts), "the page")
        said.extend(text for text in tab.texts if "kitchen" in text and "13" in text)

    play(act, house)
    assert [[]] == [bare(text, KEYS | {f"{tmp_path.name}/kitchen"}) for text in said]


@pytest.mark.parametrize("language_name", [name for name in LANGUAGES if name != "en"])
def test_every_text_has_a_translation(language_name: str) -> None:
    """The file of each language has all texts of the code, and no others; `make translations` mends it."""
    with (FOLDER / f"{language_name}.po").open("rb") as file:
        known = read_po(file, locale=language_name)
    assert ([], set()) == (untranslated(known), {m.id for m in gather()} ^ {m.id for m in known})


@pytest.mark.parametrize("language_name", [name for name in LANGUAGES if name != "en"])
def test_a_translation_has_the_holes_of_its_text(language_name: str) -> None:
    """What is put into a sentence stands in its translation too."""
    with (FOLDER / f"{language_name}.po").open("rb") as file:
        known: Catalog = read_po(file, locale=language_name)
    wrong = {}
    for message in known:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        holes = {hole for one in ids for hole in re.findall(r"{(\w+)", str(one))}
        for string in strings:
            if message.id and string and holes != set(re.findall(r"{(\w+)", string)):
                wrong[str(message.id)] = string
    assert {} == wrong


def test_gathering_again_changes_nothing(tmp_path: Path) -> None:
    """A file that is up to date stays as it is, byte for byte, and a translation in it stays too."""
    file = tmp_path / "zh.po"
    update("zh", file)
    file.write_text(file.read_text().replace('msgid "Online"\nmsgstr ""', 'msgid "Online"\nmsgstr "zaixian"'))
    before = file.read_bytes()
    assert "Online" not in update("zh", file)
    assert (before, True) == (file.read_bytes(), b"zaixian" in before)
