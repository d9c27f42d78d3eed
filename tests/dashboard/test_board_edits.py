"""Editing a page: what each change does, and that the file differs in nothing else."""

import difflib
from collections.abc import Callable
from functools import partial

import pytest

from bridge.errors import BoardError
from dashboard import boards
from dashboard.boards import EventsTile, Page, TextTile, tile_of
from dashboard.boards.model import identified
from dashboard.boards.writing import rewritten
from tests.dashboard.written_page import BY_HAND, HAND, REST, THE_LAMP, THE_STOVE, TOP, ids, read

STOVE, DESK, HALL = (tile.id for tile in HAND.tiles)
NOTE = TextTile(id="note", text="Mind the step")


def diff(change: Callable[[Page], Page], text: str = BY_HAND) -> list[str]:
    """The lines that a change takes away and adds, in order; what stands in the file is then the page."""
    before = read(text)
    after = change(before)
    changed = rewritten(text, before, after)
    assert after == read(changed)
    lines = difflib.ndiff(text.splitlines(), changed.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda page: page, []),
        (partial(boards.resize, tile_id=STOVE, width=6), ["- width = 3 # of 12", "+ width = 6 # of 12"]),
        (partial(boards.resize, tile_id=STOVE, height=2), ["+ height = 2"]),
        (partial(boards.resize, tile_id=HALL, width=12), ["+   width = 12"]),
        (partial(boards.retitle, tile_id=DESK, title=' "Light" '), ['+ title = "\\"Light\\""']),
        (
            partial(boards.rename, title="Küche"),
            ["- title    = 'Kitchen'   # not \"The kitchen\"", '+ title    = "Küche"   # not "The kitchen"'],
        ),
        (partial(boards.arrange, icon="kitchen", order=2.0), ['+ icon = "kitchen"']),
        (partial(boards.arrange, icon=None, order=None), ["- order = 2"]),
        (
            partial(boards.drop, tile_id=DESK),
            ["- [[tiles]]", '- type = "control"', '- device = "lamp.desk"', '- metric = "on"'],
        ),
        (
            partial(boards.add, tile=NOTE, before=HALL),
            ['+ id = "note"', '+ type = "text"', '+ text = "Mind the step"', "+ ", "+ [[tiles]]"],
        ),
        (
            partial(boards.add, tile=NOTE),
            ["+ ", "+ [[tiles]]", '+ id = "note"', '+ type = "text"', '+ text = "Mind the step"'],
        ),
    ],
    ids=[
        "nothing", "wider", "higher", "indented", "titled", "renamed", "icon", "no order", "dropped",
        "added", "appended",
    ],
)  # fmt: skip
def test_only_what_was_changed_differs(change: Callable[[Page], Page], expected: list[str]) -> None:
    """Comments, order and formatting of everything else stay as a person wrote them."""
    assert expected == diff(change)


def test_a_tile_is_moved_with_its_comments() -> None:
    """What stands right above a tile goes with it; what stands apart stays where it is."""
    moved = rewritten(BY_HAND, HAND, boards.move(HAND, STOVE, after=HALL))
    assert f"{TOP}\n{THE_LAMP}{REST}\n{THE_STOVE}" == moved


def test_a_changed_tile_keeps_its_id() -> None:
    """A tile that shows another device afterwards has its old id in the file; until then it needs none."""
    assert ['- device="tank.stove"', '+ device="tank.oven"', f'+ id = "{STOVE}"'] == diff(
        lambda page: boards.alter(page, STOVE, {"device": "tank.oven"})
    )


def test_tables_below_a_tile_stay_as_they_are() -> None:
    """New keys go above them, whatever stands before the header; new series take their place."""
    below = '\n# of\n[[tiles.series]]\ndevice = "a"\nmetric = "b"\n'
    text = f'title = "x"\n  [[ tiles ]] # head\n  type = "chart"\n{below}'
    assert ["+   width = 3"] == diff(lambda page: boards.resize(page, page.tiles[0].id, width=3), text)
    series = {"series": [{"device": "a", "metric": "c"}]}
    changed = diff(lambda page: boards.alter(page, page.tiles[0].id, series), text)
    assert '+     {device = "a", metric = "c"},' in changed
    assert {"- [[tiles.series]]", '- device = "a"', '- metric = "b"'} < set(changed)


def test_line_ends_and_the_end_stay() -> None:
    """A file with the line ends of Windows keeps them, and what had no last line end needs none."""
    text = 'title = "x"\r\n[[tiles]]\r\nid = "a"\r\ntype = "events" # all'
    wider = rewritten(text, read(text), boards.resize(read(text), "a", width=3))
    assert f"{text}\r\nwidth = 3\r\n" == wider
    last = rewritten(text, read(text), boards.add(read(text), EventsTile(id="b")))
    assert f'{text}\r\n\r\n[[tiles]]\r\nid = "b"\r\ntype = "events"\r\n' == last
    assert text == rewritten(last, read(last), boards.drop(read(last), "b")).removesuffix("\r\n")


def test_what_cannot_be_cut_is_not_changed() -> None:
    """A page with its tiles in one list is refused with what to do, and is not harmed."""
    text = 'title = "x"\ntiles = [{type = "events"}]\n'
    page = read(text)
    with pytest.raises(BoardError, match=r"not written as \[\[tiles\]\].*change it by hand"):
        rewritten(text, page, boards.rename(page, "y"))


def test_what_would_not_be_read_again_is_not_written() -> None:
    """A page that no file can say is refused, and its file stays as it is."""
    twice = HAND.model_copy(update={"tiles": (*HAND.tiles, NOTE, NOTE)})
    with pytest.raises(BoardError, match="cannot be written without harm"):
        rewritten(BY_HAND, HAND, twice)


def test_a_key_goes_below_a_text_that_ends_like_a_comment() -> None:
    """A new key is not put into the middle of a text of several lines."""
    text = 'title = "x"\n[[tiles]]\nid = "a"\ntype = "text"\ntext = """\n#"""\n'
    assert ["+ width = 3"] == diff(partial(boards.resize, tile_id="a", width=3), text)


# What each change does.


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (partial(boards.move, tile_id=HALL, before=STOVE), [HALL, STOVE, DESK]),
        (partial(boards.move, tile_id=STOVE, after=DESK), [DESK, STOVE, HALL]),
        (partial(boards.move, tile_id=STOVE), [DESK, HALL, STOVE]),
        (partial(boards.move, tile_id=STOVE, after=STOVE), [STOVE, DESK, HALL]),
        (partial(boards.shift, tile_id=DESK, steps=1), [STOVE, HALL, DESK]),
        (partial(boards.shift, tile_id=DESK, steps=-9), [DESK, STOVE, HALL]),
        (partial(boards.shift, tile_id=HALL, steps=1), [STOVE, DESK, HALL]),
    ],
    ids=["before", "after", "last", "itself", "later", "first", "at the end"],
)
def test_moving(change: Callable[[Page], Page], expected: list[str]) -> None:
    """A tile goes where it is sent, as far as there is a place, and the file says so."""
    after = change(HAND)
    assert expected == ids(after)
    assert after == read(rewritten(BY_HAND, HAND, after))


def test_a_new_tile_gets_an_id() -> None:
    """It is short, and no other tile has it."""
    page = HAND
    for _ in range(20):
        page = boards.add(page, tile_of({"type": "events"}))
    assert len(page.tiles) == len(set(ids(page))) == 23
    assert 6 == len(page.tiles[-1].id)


def test_a_title_is_taken_away() -> None:
    """An empty title is none, and leaves no key behind."""
    titled = boards.retitle(HAND, DESK, "Light")
    assert HAND == boards.retitle(titled, DESK, "  ")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (partial(boards.resize, tile_id=STOVE, width=13), "width: expected at most 12, got 13"),
        (partial(boards.resize, tile_id=HALL, height=0), "height: expected at least 1, got 0"),
        (
            partial(boards.rename, title=" "),
            'title: expected a text that is not empty, got ""',
        ),
        (
            partial(boards.arrange, icon="Stove!", order=None),
            'icon: expected the name of a Material icon, such as kitchen or water_drop, got "Stove!"',
        ),
        (partial(boards.drop, tile_id="nobody"), "the tile is not there any more; look again"),
        (partial(boards.move, tile_id=STOVE, before="nobody"), "the tile is not there any more; look again"),
        (
            partial(boards.add, tile=NOTE.model_copy(update={"id": HALL})),
            "there is a tile with the id hall already",
        ),
        (
            partial(boards.alter, tile_id=HALL, changes={"series": [{"device": 1, "metric": "x"}]}),
            "series, item 1, device: expected a text in quotes, got 1",
        ),
        (
            partial(boards.retitle, tile_id=STOVE, title="a\nb"),
            'title: expected a text on one line, without space at its ends, got "a\\u000ab"',
        ),
    ],
    ids=["width", "height", "title", "icon", "gone", "no place", "twice", "series", "lines"],
)
def test_a_wrong_change_is_refused(change: Callable[[Page], Page], told: str) -> None:
    """What a page cannot be is refused in one line."""
    with pytest.raises(BoardError) as refused:
        change(HAND)
    assert told == str(refused.value)


def test_a_page_has_a_bound() -> None:
    """The 201st tile is refused."""
    page = Page(title="x", tiles=identified([EventsTile()] * 200))
    with pytest.raises(BoardError, match="tiles: expected at most 200 of them"):
        boards.add(page, EventsTile())


def test_an_unknown_tile_is_refused() -> None:
    """The browser cannot make a tile that a file could not have."""
    for values, told in (
        ({"type": "clock"}, "type: expected one of device, metric,"),
        ({"type": ["x"]}, "type: expected one of device, metric,"),
        ({"type": "group"}, "expected place, kind or both, got neither"),
        ({"type": "device", "device": "a\a"}, "device: expected a text without control characters"),
        ({"type": "device", "device": "a\ud800"}, "device: expected a text of whole characters"),
    ):
        with pytest.raises(BoardError, match=told):
            tile_of(values)
