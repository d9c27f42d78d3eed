"""Every script shows, from fonts that are installed, and nothing is asked of another host."""

import logging
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uharfbuzz as hb
from hypothesis import given
from hypothesis import strategies as st

from dashboard import font_table
from dashboard.font_table import Run, Table, Texts
from dashboard.fonts import Fonts, Pieces, _installed, pieces_of
from tests.dashboard.browser import chromium
from tests.dashboard.launched import Product
from tests.dashboard.served import Served, served
from tests.servers import send

CLIENT = Path(str(files("flet_web"))) / "web"
LATIN = "notosans/v37/o-0mIpQlx3QUlC5A4PNB6Ryti20_6n1iPHjcz6L1SoM-jCpoiyD9A99Y41P6zHtY.woff2"
"""A piece that there is."""
NAMES = {
    "chinese": "车间温度传感器 坶铴镩 齉㐀",
    "arabic": "حساس الحرارة",
    "hebrew": "חיישן טמפרטורה",
    "devanagari": "तापमान सेंसर क्षेत्र",
    "thai": "เซ็นเซอร์อุณหภูมิ",
    "japanese": "温度センサー 直",
    "korean": "온도 센서",
    "cyrillic": "Датчик температуры",
    "greek": "Αισθητήρας",
    "emoji": "Boiler 🔥👍",
    "traditional": "溫度感測器",
    "tamil": "வெப்பநிலை",
    "georgian": "ტემპერატურა",
    "ethiopic": "ሙቀት",
    "signs": "→ ⚙ ☂ ∑ ≤ ½ ★",
    "latin": "Ǎ Việt ẞ",
}
"""Devices in the scripts of the world."""
MISSING = {
    "gb2312": "",
    "gbk": "≒",
    "big5": "∼≒",
    "euc_jp": "≒",
    "euc_kr": "∼≒◈",
    "iso8859_5": "",
    "iso8859_6": "",
    "iso8859_7": "",
    "iso8859_8": "",
    "tis_620": "",
}
"""Encodings of Chinese, Japanese, Korean, Cyrillic, Arabic, Greek, Hebrew and Thai, and what no font has."""


@pytest.fixture(scope="module")
def table() -> Table:
    """The client's own."""
    return font_table.find((CLIENT / "main.dart.js").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pieces(table: Table) -> Pieces:
    """What is here."""
    return pieces_of(table, dict(_installed()))


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    """The installed ones."""
    return Fonts(CLIENT)


@pytest.fixture(scope="module")
def dash() -> Iterator[Served]:
    """A dashboard."""
    yield from served()


def characters(encoding: str) -> set[int]:
    """All that a double-byte or single-byte encoding can say, without controls."""
    words = [bytes([one, two]) for one in range(0x81, 0xFF) for two in range(0x40, 0xFF)]
    texts = (
        word.decode(encoding, errors="ignore") for word in (*words, *(bytes([one]) for one in range(256)))
    )
    seen = {character for text in texts for character in text}
    return {ord(character) for character in seen if unicodedata.category(character)[0] not in "CZ"}


# The table.


def test_the_clients_table_is_read_and_written_as_it_is(table: Table) -> None:
    """Written again it has the same runs, in just as much room."""
    runs = list(font_table.read(table.texts))
    again = font_table.write(runs, table.texts)
    assert (724, runs) == (len(table.pieces), list(font_table.read(again)))


RUNS = st.lists(
    st.tuples(st.integers(1, 400), st.lists(st.integers(0, 700), unique=True, max_size=4)), max_size=30
)


@given(RUNS)
def test_what_is_written_is_read(parts: list[tuple[int, list[int]]]) -> None:
    """Each character has its pieces, whatever the runs are, and gaps have none."""
    runs: list[Run] = []
    wanted: dict[int, tuple[int, ...]] = {}
    start = 0
    for size, members in parts:
        pieces = tuple(sorted(members))
        if len(pieces) != 1:
            runs.append((start, start + size, pieces))
            wanted |= dict.fromkeys(range(start, start + size), pieces)
        start += size
    texts = font_table.write(runs, Texts(" " * 5_000, " " * 5_000))
    assert (5_000, 5_000) == (len(texts.sets), len(texts.runs))
    read = [(first, end, pieces) for first, end, pieces in font_table.read(texts) if pieces]
    found = {character: pieces for first, end, pieces in read for character in range(first, end)}
    assert {character: pieces for character, pieces in wanted.items() if pieces} == found


def test_a_table_without_room_is_refused() -> None:
    """It says so, and writes nothing shorter."""
    with pytest.raises(ValueError, match="no room"):
        font_table.write([(3, 4, (5,))], Texts(" ", " "))


@pytest.mark.parametrize("runs", ["A", "1114110zA"])
def test_a_table_that_does_not_end_at_the_last_character_is_refused(runs: str) -> None:
    """It is none, then, and is not used."""
    with pytest.raises(ValueError, match="ends at"):
        list(font_table.read(Texts("", runs)))


def test_a_script_without_a_table_is_refused() -> None:
    """Another version of the client may have none."""
    with pytest.raises(ValueError, match="no table"):
        font_table.find("main()")


# What is here.


def test_every_character_of_every_installed_font_is_in_a_piece(pieces: Pieces, table: Table) -> None:
    """In one of a font that has it, where our table says; no piece promises more."""
    there = {character for _, cut in pieces.cuts.values() for character in cut}
    has = {font.face: font.characters for font in dict(_installed()).values()}
    assert there == {character for characters in has.values() for character in characters}
    assert [] == [address for address, (face, cut) in pieces.cuts.items() if not cut.issubset(has[face])]
    sets, runs = (pieces.texts[text.encode()].decode() for text in (table.texts.sets, table.texts.runs))
    told: dict[str, set[int]] = {}
    for first, end, members in font_table.read(Texts(sets, runs)):
        for number in members:
            told.setdefault(table.pieces[number], set()).update(range(first, end))
    assert told == {address: set(cut) for address, (_, cut) in pieces.cuts.items()}


@pytest.mark.parametrize(
    ("family", "font"),
    [
        ("notosanssc", "Noto Sans CJK SC"),
        ("notosanstc", "Noto Sans CJK TC"),
        ("notosanshk", "Noto Sans CJK HK"),
        ("notosansjp", "Noto Sans CJK JP"),
        ("notosanskr", "Noto Sans CJK KR"),
        ("notosansarabic", "Noto Sans Arabic"),
        ("notosans", "Noto Sans"),
        ("notocoloremoji", "Noto Emoji"),
    ],
)
def test_a_piece_is_of_the_font_that_the_client_means(pieces: Pieces, family: str, font: str) -> None:
    """A reader of Chinese gets Chinese shapes, one of Japanese the Japanese ones."""
    faces = [face for address, (face, _) in pieces.cuts.items() if address.startswith(f"{family}/")]
    names = {found.open().get_name(hb.OTNameIdPredefined.FONT_FAMILY) for found in faces}
    assert {font} == {name.removesuffix(" Light").removesuffix(" Thin") for name in names}


@pytest.mark.parametrize("encoding", MISSING)
def test_whole_encodings_show(pieces: Pieces, encoding: str) -> None:
    """Every character of theirs has a piece, but three signs of mathematics and print."""
    known = {character for _, cut in pieces.cuts.values() for character in cut}
    assert MISSING[encoding] == "".join(map(chr, sorted(characters(encoding) - known)))


@pytest.mark.parametrize("script", NAMES)
def test_a_piece_has_what_it_says(fonts: Fonts, pieces: Pieces, script: str) -> None:
    """Cut out, it is a font of those characters, and at most of what mirrors them besides."""
    for character in {ord(character) for character in NAMES[script]} - {ord(" ")}:
        address = next(at for at, (_, cut) in pieces.cuts.items() if character in cut)
        data = fonts.piece(address)
        assert data is not None
        said, there = set(pieces.cuts[address][1]), set(hb.Face(data).unicodes)
        assert (set(), True) == (said - there, all(unicodedata.mirrored(chr(more)) for more in there - said))


def test_there_is_no_other_piece(fonts: Fonts) -> None:
    """Neither of a font that is not installed, nor one that the client does not know."""
    assert [None, None] == [fonts.piece("notosans/v1/none.woff2"), fonts.piece("")]


def test_both_kinds_of_the_clients_code_are_told(fonts: Fonts, pieces: Pieces) -> None:
    """Nothing but the table is another, and it is as long as before."""
    for name in ("main.dart.js", "main.dart.wasm"):
        code = (CLIENT / name).read_bytes()
        ours = fonts.told(code)
        assert len(code) == len(ours)
        for theirs, text in pieces.texts.items():
            assert (1, 0) == (ours.count(text), ours.count(theirs))
            ours = ours.replace(text, theirs)
        assert code == ours


def test_another_client_is_left_alone(fonts: Fonts, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Code without the table is served as it is, no piece is known, and the log says what that means."""
    caplog.set_level(logging.ERROR)
    assert b"code" == fonts.told(b"code")
    none = Fonts(tmp_path)
    assert [b"code", None] == [none.told(b"code"), none.piece(LATIN)]
    assert [1, 1] == [record.message.count("show boxes") for record in caplog.records]


def test_a_piece_is_served_compressed_and_kept(dash: Served, pieces: Pieces) -> None:
    """As any other file of the client, below its version."""
    address = next(at for at, (_, cut) in pieces.cuts.items() if ord("温") in cut)
    answer = dash.get(f"/assets/fonts/{address}", **{"accept-encoding": "br"})
    names = ("content-encoding", "content-type", "cache-control")
    assert ["br", "font/otf", "no-cache"] == [answer.headers[name] for name in names]
    assert ord("温") in hb.Face(answer.content).unicodes


@pytest.mark.browser
@pytest.mark.slow
def test_devices_of_every_script_show_and_nobody_else_is_asked(tmp_path: Path) -> None:
    """All that the page asks for is ours and there, and its client misses no character."""
    config = "".join(f'[devices."plug.{script}"]\nname = "{name}"\n' for script, name in NAMES.items())
    (tmp_path / "fleetglass.toml").write_text(config, encoding="utf-8")
    product = Product(tmp_path)
    product.start()
    try:
        for script in NAMES:
            send(product.mqtt_port, f"fleet/plug/{script}/state", b'{"on": true}')
        with chromium() as browser:
            screen = browser.screen(product)
            said: list[str] = []
            answers: dict[str, int] = {}
            screen.page.on("console", lambda message: said.append(message.text))
            screen.page.on("response", lambda answer: answers.update({answer.url: answer.status}))
            screen.open().wait_for(*NAMES.values())
            screen.wait(lambda: sum("/notosans" in url for url in answers) > 15, "the pieces of the fonts")
            screen.page.wait_for_load_state("networkidle")
            assert {urlsplit(product.url).netloc} == {
                urlsplit(url).netloc for url in screen.requested if not url.startswith("blob:")
            }
        assert {200} == set(answers.values()), {url for url, status in answers.items() if status != 200}
        assert [] == [text for text in said if "Noto" in text or "font" in text]
    finally:
        product.stop()
