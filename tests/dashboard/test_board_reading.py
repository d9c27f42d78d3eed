"""A page's file: what it may say, and that a mistake names line, place, expected and got."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards import TILES, DeviceTile, Page, TextTile
from dashboard.boards.model import identified
from dashboard.boards.pieces import cut
from dashboard.boards.reading import MAX_BYTES, Mistake, read_page
from tests.dashboard.mistaken_page import MISTAKES, tile
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


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
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
