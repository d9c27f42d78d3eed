"""Whatever is changed on whatever page: the file says it, and nothing else of it is lost."""

import json
from collections import Counter
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from dashboard import boards
from dashboard.boards import TILES, AnyTile, Page, tile_of
from dashboard.boards.model import identified
from dashboard.boards.pieces import cut
from dashboard.boards.writing import new_text, rewritten
from tests.dashboard.written_page import BY_HAND, HAND, ids, read

PROSE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cf"]), min_size=1, max_size=30)
LINES = PROSE.map(str.strip).filter(bool)
NAMES = st.sampled_from(["lamp.desk", "topic.a%2Fb", 'we"ird', "温度"])
ODD = st.sampled_from(['"""', "\\", "[[tiles]]", "# x", ""])
SIZES = {"width": st.integers(1, 12), "height": st.integers(1, 6)}
KEYS = {
    "device": {"device": NAMES},
    "metric": {"device": NAMES, "metric": NAMES},
    "gauge": {"device": NAMES, "metric": NAMES},
    "control": {"device": NAMES, "metric": NAMES},
    "chart": {
        "series": st.lists(
            st.fixed_dictionaries({"device": NAMES, "metric": NAMES}), min_size=1, max_size=3
        )
    },
    "group": {"place": LINES},
    "text": {"text": st.lists(PROSE | ODD, max_size=4).map("\n".join).filter(bool)},
    "events": {},
    "map": {"devices": st.lists(NAMES, max_size=3)},
}  # fmt: skip


@st.composite
def tiles(draw: st.DrawFn) -> AnyTile:
    """Any tile, without an id."""
    kind = draw(st.sampled_from(sorted(TILES)))
    wanted = {key: draw(values) for key, values in (KEYS[kind] | SIZES).items()}
    for key in list(SIZES):
        if draw(st.booleans()):
            del wanted[key]
    if kind != "device" and draw(st.booleans()):
        wanted["title"] = draw(LINES)
    return tile_of({"type": kind, **wanted})


@st.composite
def changes(draw: st.DrawFn, page: Page) -> Page:
    """What any one change makes of a page."""
    kinds = ["add", "rename", "arrange"] + ["drop", "move", "resize", "replace"] * bool(page.tiles)
    tile_id = draw(st.sampled_from(ids(page))) if page.tiles else ""
    match draw(st.sampled_from(kinds)):
        case "add":
            before = draw(st.sampled_from([None, *ids(page)]))
            number = next(name for name in map("n{}".format, range(99)) if page.tile(name) is None)
            return boards.add(page, draw(tiles()).model_copy(update={"id": number}), before=before)
        case "rename":
            return boards.rename(page, draw(LINES))
        case "arrange":
            order = draw(st.none() | st.floats(allow_nan=False, allow_infinity=False))
            return boards.arrange(page, icon=draw(st.none() | st.just("kitchen")), order=order)
        case "drop":
            return boards.drop(page, tile_id)
        case "move":
            return boards.shift(page, tile_id, draw(st.integers(-5, 5)))
        case "resize":
            return boards.resize(page, tile_id, width=draw(SIZES["width"]))
        case _:
            position = ids(page).index(tile_id)
            other = draw(tiles()).model_copy(update={"id": tile_id})
            return page.model_copy(
                update={"tiles": (*page.tiles[:position], other, *page.tiles[position + 1 :])}
            )


@given(st.data(), st.sampled_from([BY_HAND, BY_HAND.replace("\n", "\r\n"), 'title = "x"']))
def test_whatever_is_changed_is_what_is_read_again(data: st.DataObject, text: str) -> None:
    """After any changes, one by one or all at once, the file says what the page says, and is not refused."""
    page, first = read(text), text
    begun = page
    for _ in range(data.draw(st.integers(1, 5))):
        after = data.draw(changes(page))
        text = rewritten(text, page, after)
        assert after == read(text)
        page = after
    assert page == read(rewritten(first, begun, page))


@st.composite
def by_hand(draw: st.DrawFn) -> str:
    """A page as somebody might write it: quotes, spaces, comments, blank lines and sub-tables at will."""

    def pick(*texts: str) -> str:
        return draw(st.sampled_from(texts))

    def pair(key: str, value: object) -> str:
        said = json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and not set("'\n\t") & set(value):
            said = pick(said, f"'{value}'", f'"""\n{value}"""' if not set('"\\') & set(value) else said)
        named = pick(key, key, f'"{key}"', f"'{key}'")
        return f"{pick('', '  ')}{named}{pick('=', ' = ')}{said}{pick('', ' # odd [[tiles]]')}\n"

    lines = [pick("", "# licence\n\n"), pair("title", draw(LINES)), pick("", "\n", "# top\n", "\n# top\n\n")]
    for tile in draw(st.lists(tiles(), max_size=4)):
        values = tile.model_dump(
            mode="json", exclude={"id"}, exclude_none=True, exclude_defaults=draw(st.booleans())
        )
        series = values.pop("series", [])
        lines += [
            pick("", "# its own\n"),
            pick("[[tiles]]", "  [[ tiles ]] # head", "[['tiles']]"),
            "\n",
            pair("type", tile.type),
        ]
        for key, value in values.items():
            if key not in {"type", "devices"}:
                lines += [pick("", "", "\n", "# between\n"), pair(key, value)]
        if "devices" in values:
            lines.append(f"devices = [ # all\n  {', '.join(map(json.dumps, values['devices']))} ]\n")
        for one in series:
            lines += [
                pick("", "\n"),
                "[[tiles.series]]\n",
                pair("metric", one["metric"]),
                pair("device", one["device"]),
            ]
        lines.append(pick("", "\n", "\n\n", "# after\n", "\n# apart\n\n"))
    text = "".join(lines)
    return pick(text, text.rstrip("\n"), text.replace("\n", "\r\n"))


@given(st.data(), by_hand())
def test_however_it_is_written_it_can_be_changed(data: st.DataObject, text: str) -> None:
    """No formatting of tables keeps a change from being saved as it is."""
    page = read(text)
    after = data.draw(changes(page))
    assert after == read(rewritten(text, page, after))


@given(st.data(), by_hand().filter(lambda text: "[[" in text))
def test_moving_loses_no_line(data: st.DataObject, text: str) -> None:
    """However a page is written, every line that says something is still there when its tiles are mixed."""
    page = read(text)
    after = page.model_copy(update={"tiles": tuple(data.draw(st.permutations(page.tiles)))})
    changed = rewritten(text, page, after)
    assert after == read(changed)
    lost = Counter(map(str.strip, text.split("\n"))) - Counter(map(str.strip, changed.split("\n")))
    assert [] == [line for line in lost if line]


@given(st.data(), st.integers(0, 2))
def test_the_others_are_not_touched(data: st.DataObject, chosen: int) -> None:
    """Whatever is done to one tile, the lines of the others and the comments apart are still there."""
    pieces = cut(BY_HAND)
    assert pieces is not None
    gone = data.draw(st.sampled_from([boards.drop, partial(boards.resize, width=9), boards.move]))
    after = rewritten(BY_HAND, HAND, gone(HAND, ids(HAND)[chosen]))
    others = [piece.text for number, piece in enumerate(pieces.tiles) if number != chosen]
    apart = [part.strip() for part in (pieces.head, *(piece.before for piece in pieces.tiles), pieces.rest)]
    assert [] == [part for part in (*others, *apart) if part not in after]


@given(LINES, st.lists(tiles(), max_size=5))
def test_a_new_page_is_what_is_read(title: str, given: list[AnyTile]) -> None:
    """The text of a new page says all of it, whatever its title and its tiles."""
    page = Page(title=title, tiles=identified(given))
    assert page == read(new_text(page))
