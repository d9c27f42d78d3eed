"""The topics: what is heard, one level of the tree at a time; what came last on one, and publishing."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import quote, urlencode

import flet as ft

from bridge.topic_levels import TopicBranch, TopicEntry, TopicLevel
from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import SOFT, caption, card, copyable, empty, named, title
from dashboard.picture_dialog import open_picture, picture_of_message
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.search import SearchField
from dashboard.topic_dialogs import ask_clearing, open_publishing
from dashboard.views import Page
from dashboard.views.device_card import look
from dashboard.views.payload import box, typed
from dashboard.wording import (
    age,
    ago,
    message_text,
    plain,
    rate_text,
    reason_text,
    shown_text,
    size_text,
)  # fmt: skip
from schemas.picture import glimpse_of

MOST = 200
"""Branches, or topics found, on one page; how many more there are is said."""
LONGEST = 1_000
"""Characters of a topic, or of a text that is sought."""
PACE = 2
"""Seconds after which the topics are read again."""
ROLES: Mapping[str, str] = {
    "state": marked("what a device says"),
    "availability": marked("whether a device is there"),
    "command": marked("what a device is asked for"),
    "image": marked("pictures of a device"),
    "unclaimed": marked("no kind claims it"),
}
OUTCOMES: Mapping[str, str] = {
    "accepted": marked("accepted"),
    "unclaimed": marked("unclaimed: its values are inferred"),
    "empty": marked("empty, which is how a retained one is cleared"),
    "ignored": marked("ignored"),
}


class Where(NamedTuple):
    """What the address asks for: the level `at`, or a text that is sought.

    None is the whole tree, the empty text the topics that begin with a slash.
    """

    at: str | None = None
    text: str = ""

    @property
    def route(self) -> str:
        """The page that shows it."""
        said = {} if self.at is None else {"at": self.at}
        if self.text:
            said["q"] = self.text
        return "/topics" + (f"?{urlencode(said, quote_via=quote, safe='/')}" if said else "")

    @property
    def prefix(self) -> str:
        """The same as the beginning of topics."""
        return "" if self.at is None else f"{self.at}/"


class Row(NamedTuple):
    """One line: a branch, or a topic that was found. `topics` is 0 where it is a topic and nothing below."""

    path: str
    name: str
    topics: int
    total: int
    rate: float
    last_at: float
    retained: bool


class Read(NamedTuple):
    """What was read: the rows, how many were left out, the topic that the level is itself, how many known."""

    rows: tuple[Row, ...]
    more: bool | int
    entry: TopicEntry | None
    known: int
    forgotten: int = 0


class View(NamedTuple):
    """What the page shows at `now`, Unix seconds. Without `read`, nothing has been read yet."""

    read: Read | None
    fault: str
    now: float
    known: bool
    reader: Reader
    pictured: bool = False


def where(values: Mapping[str, str]) -> Where:
    """What the address asks for."""
    at = values.get("at")
    return Where(at if at is None else at[:LONGEST], values.get("q", "").strip()[:LONGEST])


def read(house: House, here: Where) -> Read:
    """Read it. May wait."""
    entry = None if here.at is None or here.text else house.topic(here.at)
    if not here.text:
        level: TopicLevel = house.topics(here.prefix, limit=MOST)
        rows = tuple(_branch(branch) for branch in level.branches)
        return Read(rows, level.more, entry, level.known, level.forgotten)
    found = house.find_topics(here.text, MOST + 1)
    rows = tuple(_found(one) for one in found[:MOST])
    return Read(rows, len(found) > MOST, None, house.topics(limit=0).known)


def layout(house: House, values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """One level, or what was found."""
    here = where(values)
    name = here.route.lstrip("/")
    plans = [
        CardPlan(
            f"{name}/{reader.key}", frozenset({"tick", "status", tag(name)}),
            partial(_look, house, here, reader), lambda drawing: _draw(drawing, house, here), _shape,
        )
    ]  # fmt: skip
    return LayoutPlan(f"{name}/{reader.key}", frozenset(), lambda: plans)


class Search(SearchField):
    """The field to search with; without a text in it the level is there again."""

    def __init__(self, who: Who, values: Mapping[str, str]) -> None:
        super().__init__(who, values, who.reader.say("Search topics"), LONGEST, self._of)

    def follow(self, values: Mapping[str, str]) -> None:
        """See `Tools`."""
        self._here = where(values)
        super().follow(values)

    def _of(self, text: str) -> str:
        return self._here._replace(text=text).route


def _branch(branch: TopicBranch) -> Row:
    below = branch.topics - (branch.entry is not None)
    total, rate, last_at = branch.total, branch.rate, branch.last_at
    return Row(branch.path, branch.name, below, total, rate, last_at, branch.retained)


def _found(entry: TopicEntry) -> Row:
    last = entry.last.received_at
    return Row(entry.topic, entry.topic, 0, entry.total, entry.rate, last, entry.retained)


def _look(house: House, here: Where, reader: Reader) -> View:
    now = time.time()
    found = house.aside.look(here.route.lstrip("/"), int(now) // PACE, partial(read, house, here))
    value = found.value if found is not None else None
    entry = value.entry if value is not None else None
    known = entry is not None and entry.device_id in house.devices
    fault = found.fault if found is not None else ""
    return View(value, fault, now, known, reader, entry is not None and bool(_picture(house, entry)))


def _picture(house: House, entry: TopicEntry) -> str:
    """The metric of the device that shows the topic's last picture."""
    return picture_of_message(house.devices.get(entry.device_id), entry.last.received_at)


def _shape(view: View) -> object:
    if view.read is None:
        return view.fault
    entry = view.read.entry
    rows = tuple((row.path, row.topics > 0, row.retained) for row in view.read.rows)
    return (
        rows,
        view.read.more,
        entry and (entry.device_id, entry.role, entry.retained),
        view.known,
        view.pictured,
    )


def _draw(drawing: Drawing[View], house: House, here: Where) -> ft.Control:
    view = drawing.view
    say = view.reader.say
    parts: list[ft.Control] = [_top(drawing, house, here)]
    if view.read is None:
        why = say("This cannot be read now: {why}", why=view.reader.told(view.fault)) if view.fault else ""
        parts.append(ft.Text(why or say("Being read…"), size=14, color=SOFT))
        return ft.Column(parts, spacing=12, col=12)
    found = view.read
    if found.entry is not None:
        parts.append(_panel(drawing, house, found.entry))
    if found.rows:
        lines = [_row(drawing, at, here) for at in range(len(found.rows))]
        parts.append(card(ft.Column(lines, spacing=0), clip_behavior=ft.ClipBehavior.ANTI_ALIAS))
        parts[-1].padding = ft.Padding.symmetric(vertical=4)  # type: ignore[attr-defined]
    elif here.text:
        about = say('No topic that has been heard holds "{text}".', text=shown_text(here.text, 60))
        parts.append(empty("search_off", say("No such topic"), about))
    elif not found.known:
        about = say("Every topic on which a message comes is listed here, whether a kind claims it or not.")
        parts.append(empty("account_tree_outlined", say("Nothing has been heard yet"), about))
    elif found.entry is None:
        about = say("Nothing has been heard on it or below it since the start.")
        parts.append(empty("search_off", say("No such topic"), about))
    if found.more:
        text = say("There are more than these {n}. Search to narrow them.", n=plain(len(found.rows)))
        parts.append(ft.Text(text, size=13, color=SOFT))
    if found.forgotten:
        gone = view.reader.count(
            "{n} topic was forgotten, as there were too many.",
            "{n} topics were forgotten, as there were too many.",
            found.forgotten,
        )
        parts.append(ft.Text(gone, size=13, color=SOFT))
    return ft.Column(parts, spacing=12, col=12, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _top(drawing: Drawing[View], house: House, here: Where) -> ft.Control:
    """The way to this level, each step of it a link, and what can be published."""
    say = drawing.view.reader.say
    steps: list[tuple[str, Where]] = [(say("All topics"), Where())]
    if here.at is not None and not here.text:
        levels = here.at.split("/")
        steps += [
            (shown_text(level, 40) or say("(empty)"), Where("/".join(levels[: n + 1])))
            for n, level in enumerate(levels)
        ]
    crumbs: list[ft.Control] = []
    for n, (text, to) in enumerate(steps):
        if crumbs:
            crumbs.append(ft.Text("/", size=14, color=SOFT))
        last = n == len(steps) - 1 and not here.text
        if last:
            inside = ft.Text(text, size=14, weight=ft.FontWeight.W_500)
            crumbs.append(ft.Container(inside, padding=ft.Padding.symmetric(vertical=12, horizontal=12)))
        else:
            crumbs.append(drawing.on(ft.TextButton(text, height=44), click=_going(to)))
    new = ft.OutlinedButton(say("Publish"), icon=ft.Icons.SEND_OUTLINED, height=44)
    drawing.on(new, click=lambda who, _data: open_publishing(house, who, here.at or ""))
    way = ft.Row(
        crumbs, spacing=0, run_spacing=0, wrap=True, expand=True,
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )  # fmt: skip
    return ft.Row([way, new], spacing=12, vertical_alignment=ft.CrossAxisAlignment.START)


def _going(to: Where) -> Callable[[Who, object], None]:
    return lambda who, _data: who.go(to.route)


def _row(drawing: Drawing[View], at: int, here: Where) -> ft.Control:
    read_, say = drawing.view.read, drawing.view.reader.say
    row = read_.rows[at] if read_ is not None else Row("", "", 0, 0, 0.0, 0.0, retained=False)
    sign = ft.Icon(
        ft.Icons.FOLDER_OUTLINED if row.topics else ft.Icons.TAG,
        size=20, color=ft.Colors.PRIMARY if row.topics else SOFT,
    )  # fmt: skip
    name = ft.Text(
        shown_text(row.name, 200) or say("(empty)"), size=14, weight=ft.FontWeight.W_500,
        max_lines=2 if here.text else 1, overflow=ft.TextOverflow.ELLIPSIS,
    )  # fmt: skip
    about = drawing.live(ft.Text(size=12, color=SOFT), value=lambda view: _about(view, at))
    line: list[ft.Control] = [sign, ft.Column([name, about], spacing=1, expand=True)]
    if row.retained:
        line.append(
            ft.Icon(ft.Icons.PUSH_PIN_OUTLINED, size=16, color=SOFT, tooltip=say("The broker retains it"))
        )
    line.append(ft.Icon(ft.Icons.CHEVRON_RIGHT, size=20, color=SOFT))
    surface = ft.Container(
        ft.Row(line, spacing=12), ink=True, padding=ft.Padding.symmetric(vertical=8, horizontal=16)
    )
    return drawing.on(surface, click=_going(Where(row.path)))


def _about(view: View, at: int) -> str:
    if view.read is None or at >= len(view.read.rows):
        return ""
    row, reader = view.read.rows[at], view.reader
    words = [reader.count("{n} topic", "{n} topics", row.topics)] if row.topics else []
    words.append(reader.count("{n} message", "{n} messages", row.total))
    words += [rate_text(row.rate, reader)] if row.total > 1 else []
    return " · ".join([*words, age(view.now - row.last_at, reader)])


def _panel(drawing: Drawing[View], house: House, entry: TopicEntry) -> ft.Control:
    """The topic itself: its last message, whose it is, and what became of it."""
    reader, topic, device_id = drawing.view.reader, entry.topic, entry.device_id
    say = reader.say

    def last(words: Callable[[TopicEntry, View], str]) -> Callable[[View], str]:
        def said(view: View) -> str:
            now = view.read.entry if view.read is not None else None
            return words(now or entry, view)

        return said

    payload = last(
        lambda now, _: message_text(now.last.payload, reader, 5_000, now.last.size) or say("(empty)")
    )
    facts = last(_facts)
    outcome = last(lambda now, _view: _outcome(now, reader))
    copy = named(ft.IconButton(ft.Icons.CONTENT_COPY, tooltip=say("Copy the topic"), icon_size=18))
    drawing.on(copy, click=lambda who, _data: who.copy(topic))
    whose: list[ft.Control] = [caption(say("To the kinds: {role}", role=say(ROLES[entry.role])))]
    if drawing.view.known and drawing.view.pictured:
        show = ft.TextButton(say("Show the picture"), icon=ft.Icons.IMAGE_OUTLINED, height=44)
        whose.append(drawing.on(show, click=lambda who, _data: _show(house, who, entry)))
    if drawing.view.known:
        link = ft.TextButton(shown_text(device_id), icon=ft.Icons.SENSORS, height=44)
        to = f"/devices/{quote(device_id, safe='')}"
        whose.append(drawing.on(link, click=lambda who, _data: who.go(to)))
    elif device_id:
        whose.append(copyable(shown_text(device_id), size=13))
    lines: list[ft.Control] = [
        ft.Row([ft.Container(title(shown_text(topic, 300)), expand=True), copy], spacing=8),
        drawing.live(ft.Text(size=12, color=SOFT), value=facts),
        box(drawing.live(typed(size=13), value=payload, semantics_label=payload)),
        drawing.live(ft.Text(size=13), value=outcome),
        ft.Row(whose, spacing=8, wrap=True, vertical_alignment=ft.CrossAxisAlignment.CENTER),
    ]
    if entry.retained:
        clear = ft.OutlinedButton(say("Clear retained"), icon=ft.Icons.DELETE_OUTLINE, height=44)
        drawing.on(clear, click=lambda who, _data: ask_clearing(house, who, topic))
        lines.append(ft.Row([clear]))
    return card(ft.Column(lines, spacing=8))


def _show(house: House, who: Who, entry: TopicEntry) -> None:
    device_id = entry.device_id
    open_picture(who, look(house, device_id, who.reader), _picture(house, entry))


def _facts(entry: TopicEntry, view: View) -> str:
    reader, last = view.reader, entry.last
    words = [ago(last.received_at, view.now, reader), size_text(last.size, reader)]
    if last.size > len(last.payload) and glimpse_of(last.payload) is None:
        words.append(reader.say("of which {size} are shown", size=size_text(len(last.payload), reader)))
    words += [reader.say("QoS {n}", n=last.qos), *([reader.say("retained")] if entry.retained else [])]
    words.append(reader.count("{n} message", "{n} messages", entry.total))
    words += [rate_text(entry.rate, reader)] if entry.total > 1 else []
    return " · ".join(words)


def _outcome(entry: TopicEntry, reader: Reader) -> str:
    said, detail = entry.last.outcome, entry.last.detail
    if said == "unclaimed" and not entry.last.size:
        said = "empty"
    word = reader.say(OUTCOMES[said]) if said in OUTCOMES else reason_text(said, reader)
    if not detail:
        return reader.say("The last message: {outcome}", outcome=word)
    why = shown_text(reader.told(detail), 300)
    return reader.say("The last message: {outcome}. {why}", outcome=word, why=why)


PAGE = Page(
    "/topics",
    marked("Topics"),
    "account_tree_outlined",
    layout,
    rank=5,
    key="t",
    selected_icon="account_tree",
    tools=lambda _house, values, who: Search(who, values),
)
