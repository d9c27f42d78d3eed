"""A page's file: what it may say, and that a mistake names line, place, expected and got."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards import TILES, DeviceTile, Page, TextTile
from dashboard.boards.model import identified
from dashboard.boards.pieces import cut
from dashboard.boards.reading import MAX_BYTES, Mistake, read_page
from tests.dashboard.written_page import read

FULL = """
title = "Kitchen"
icon = "kitchen"
order = 2

[[tiles]]
type = "device"
device = "thermostat.kitchen"

[[tiles]]
type = "metric"
device = "thermostat.kitchen"
metric = "temperature"
title = "Warm?"

[[tiles]]
type = "chart"
range = "7d"
series = [
    {device = "thermostat.kitchen", metric = "temperature"},
    {device = "nobody.knows", metric = "nothing"},
]

[[tiles]]
type = "gauge"
device = "tank.garden"
metric = "level"

[[tiles]]
type = "control"
device = "lamp.desk"
metric = "on"

[[tiles]]
type = "group"
place = "Ground floor"
kind = "lamp"
limit = 5

[[tiles]]
type = "text"
title = "Mind"
text = "the step"

[[tiles]]
type = "events"

[[tiles]]
id = "where"
type = "map"
devices = ["tracker.van"]
width = 12
height = 6
"""

OF_TYPES = "expected one of device, metric, chart, gauge, control, group, text, events, map"


def tile(keys: str) -> str:
    """A page with one tile, whose header is line 2."""
    return f'title = "x"\n[[tiles]]\n{keys}\n'


def test_every_type_can_be_written() -> None:
    """A page may hold each type of tile; what nobody has heard of is no mistake."""
    page = read(FULL)
    assert ("Kitchen", "kitchen", 2.0) == (page.title, page.icon, page.order)
    assert list(TILES) == [tile.type for tile in page.tiles]
    assert "nobody.knows" == page.tiles[2].series[1].device  # type: ignore[union-attr]


def test_what_is_left_out_is_usual() -> None:
    """Only the title is needed; sizes come with the type."""
    assert Page(title="x") == read('title = "x"')
    chart, card = read(FULL).tiles[2], read(FULL).tiles[0]
    assert (6, 3, 4, None) == (chart.width, chart.height, card.width, card.height)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (1, "title: expected a value, got nothing")),
        ("title = 3", (1, "title: expected a text in quotes, got 3")),
        ('title = ""', (1, 'title: expected a text that is not empty, got ""')),
        (
            'title = "a\\nb"',
            (1, 'title: expected a text on one line, without space at its ends, got "a\\u000ab"'),
        ),
        ('titel = "x"', (1, "titel: unknown key; expected one of title, icon, order, tiles (and 1 more)")),
        ('title = "x"\norder = nan', (2, "order: expected a finite number, got NaN")),
        ('title = "x"\n\norder = "1"', (3, 'order: expected a number, got "1"')),
        (
            'title = "x"\nicon = "A b"',
            (2, 'icon: expected the name of a Material icon, such as kitchen or water_drop, got "A b"'),
        ),
        ('title = "x"\ntitle = "y"', (2, "not valid TOML: Cannot overwrite a value")),
        ('title = "x"\n[[tiles]', (2, "not valid TOML: Expected ']]' at the end of an array declaration")),
        ('title = "x', (1, "not valid TOML: Unterminated string")),
        ('title = "x"\ntiles = 3', (2, "tiles: expected a list, got 3")),
        ('title = "x"\n[tiles]\na = 3', (2, "tiles: expected a list, got a table")),
        ('title = "x"\ntiles = [3]', (2, "tile 1: expected a table, got 3")),
        (
            tile("width = 3"),
            (
                2,
                f"tile 1, type: {OF_TYPES}, got nothing",
            ),
        ),
        (
            tile('type = "chrt"'),
            (
                3,
                f'tile 1, type: {OF_TYPES}, got "chrt"',
            ),
        ),
        (tile('type = "device"'), (2, "tile 1 (device), device: expected a value, got nothing")),
        (
            tile('# low\ntype = "device"\ndevice = "a"\nwidht = 3'),
            (
                6,
                "tile 1 (device), widht: unknown key; expected one of type, id, width, device, height",
            ),
        ),
        (
            tile('type = "device"\ndevice = "a"\nwidth = 13'),
            (5, "tile 1 (device), width: expected at most 12, got 13"),
        ),
        (
            tile('type = "events"\nheight = 0'),
            (4, "tile 1 (events), height: expected at least 1, got 0"),
        ),
        (
            tile('type = "events"\nwidth = true'),
            (4, "tile 1 (events), width: expected an integer, got true"),
        ),
        (tile('type = "group"'), (2, "tile 1 (group): expected place, kind or both, got neither")),
        (tile('type = "text"'), (2, "tile 1 (text): expected title, text or both, got neither")),
        (
            tile('type = "chart"\nseries = []'),
            (4, "tile 1 (chart), series: expected at least 1 of them, got an empty list"),
        ),
        (
            tile('type = "chart"\nrange = "2h"\nseries = [{device = "a", metric = "b"}]'),
            (
                4,
                "tile 1 (chart), range: expected '1h', '6h', '24h', '7d', '30d', '90d' or '1y', got \"2h\"",
            ),
        ),
        (
            tile(
                'type = "chart"\n[[tiles.series]]\ndevice = "a"\nmetric = "b"\n'
                '[[tiles.series]]\ndevice = "a"\nmetric = 3'
            ),
            (9, "tile 1 (chart), series, item 2, metric: expected a text in quotes, got 3"),
        ),
        (
            tile('type = "chart"\nseries = [{device = "a", metric = "b", unit = "V"}]'),
            (4, "tile 1 (chart), series, item 1, unit: unknown key; expected one of device, metric"),
        ),
        (
            tile('id = "a"\ntype = "events"\n[[tiles]]\n# again\nid = "a"\ntype = "events"'),
            (7, 'tile 2 (events), id: expected an id that no other tile has, got "a" again'),
        ),
        (
            tile('id = "A_"\ntype = "events"'),
            (3, 'tile 1 (events), id: expected at most 40 of a to z, 0 to 9 and -, got "A_"'),
        ),
    ],
)
def test_a_mistake_is_told(text: str, expected: tuple[int, str]) -> None:
    """The first mistake names its line, its place, what was expected and what is there."""
    assert Mistake(*expected) == read_page(text.encode())


def test_too_many_tiles_are_told() -> None:
    """A page has at most 200 tiles."""
    mistake = read_page(('title = "x"\n' + '[[tiles]]\ntype = "events"\n' * 201).encode())
    assert Mistake(2, "tiles: expected at most 200 of them, got a list of 201") == mistake


def test_what_is_no_text_is_told() -> None:
    """A file that is not UTF-8 is told with the line and the byte; one that is too large by its size."""
    bad = read_page(b'title = "x"\n# \xff')
    assert Mistake(2, "expected text in UTF-8, got the byte 0xff") == bad
    large = read_page(b"#" * (MAX_BYTES + 1))
    assert Mistake(None, "expected at most 1 MiB, got 1024 KiB") == large


def test_a_byte_order_mark_is_fine() -> None:
    """A file saved by an editor of Windows can be read, line ends and all."""
    assert Page(title="x") == read_page(b'\xef\xbb\xbftitle = "x"\r\n')


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_reading_never_raises(data: bytes) -> None:
    """Whatever stands in the file, it is a page or a mistake."""
    assert isinstance(read_page(data), Page | Mistake)


# Ids.


def test_ids_come_of_what_is_shown() -> None:
    """A tile without an id gets one of what it shows, whatever its size, its title and its neighbours."""
    card = DeviceTile(device="lamp.desk")
    first = identified([card])[0].id
    assert first == identified([TextTile(text="x"), card.model_copy(update={"width": 9})])[1].id
    assert first != identified([DeviceTile(device="lamp.hall")])[0].id


def test_the_same_twice_is_numbered() -> None:
    """Equal tiles are told apart by their order, and no id that was given by hand is taken."""
    card = DeviceTile(device="lamp.desk")
    one = identified([card])[0].id
    by_hand = DeviceTile(device="lamp.desk", id=f"{one}-2")
    assert [one, f"{one}-3", f"{one}-2"] == [tile.id for tile in identified([card, card, by_hand])]


# Cutting.


def test_a_header_in_a_text_is_none() -> None:
    """`[[tiles]]` inside of a text of several lines does not begin a tile."""
    text = tile('type = "text"\ntext = """\n[[tiles]]\n"""\n[[tiles]]\ntype = "events"')
    pieces = cut(text)
    assert pieces is not None
    assert (2, text) == (len(pieces.tiles), pieces.joined)


def test_a_text_may_end_like_a_comment() -> None:
    """The last line of a text, right above a tile, is not taken for a comment of that tile."""
    text = tile('type = "text"\ntext = """\n#"""\n[[tiles]]\ntype = "events"')
    pieces = cut(text)
    assert pieces is not None
    assert ([2, 6], text) == ([piece.line for piece in pieces.tiles], pieces.joined)


def test_comments_belong_to_what_is_below() -> None:
    """The comments right above a tile are its own; those that are apart belong to nobody."""
    events, plan = '[[tiles]]\ntype = "events"\n', '[[tiles]]\ntype = "map"\n'
    pieces = cut(f'title = "x"\n# Mine.\n\n# First.\n{events}\n# Apart.\n\n{plan}\n# end\n')
    assert pieces is not None
    assert ('title = "x"\n# Mine.\n', "\n# end\n") == (pieces.head, pieces.rest)
    assert ["\n", "\n# Apart.\n\n"] == [piece.before for piece in pieces.tiles]
    assert f"# First.\n{events}" == pieces.tiles[0].text


def test_tiles_written_otherwise_are_not_cut() -> None:
    """A list of tables on one line is a page, but not one that can be cut."""
    text = 'title = "x"\ntiles = [{type = "events"}]\n'
    assert 1 == len(read(text).tiles)
    assert None is cut(text)
