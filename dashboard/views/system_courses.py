"""How the numbers of the house went in the last minutes, as small charts: a card of the system page."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import flet as ft

from dashboard.card import CardPlan, Drawing
from dashboard.house import House
from dashboard.language import marked
from dashboard.look import INK, LINE, SOFT, caption, card
from dashboard.present import DASH
from dashboard.reader import Reader
from dashboard.views.system_parts import heading
from dashboard.views.system_times import time_text
from dashboard.vitals import LEASTS, MINUTES, SIZE, Course
from dashboard.wording import plain, size_text

Courses: TypeAlias = Mapping[str, Course]
SCALE = 44
"""Pixels beside a picture for the ends of its scale."""
GROUND = ft.Border(bottom=ft.BorderSide(1, LINE))
NOTHING = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


class Measure(NamedTuple):
    """What a number is called, and how a value of it reads."""

    title: str
    text: Callable[[float, Reader], str]


MEASURES: Mapping[str, Measure] = {
    "rate": Measure(marked("Messages a second"), lambda value, _reader: f"{value:.1f}"),
    "refused": Measure(marked("Refused a second"), lambda value, _reader: f"{value:.1f}"),
    "half": Measure(marked("To the browsers, p50"), lambda value, _reader: time_text(value)),
    "most": Measure(marked("To the browsers, p99"), lambda value, _reader: time_text(value)),
    "waiting": Measure(marked("Waiting to be kept"), lambda value, _reader: plain(round(value))),
    "sessions": Measure(marked("Open sessions"), lambda value, _reader: plain(round(value))),
    "processor": Measure(marked("Processor"), lambda value, _reader: f"{value:.0f} %"),
    "memory": Measure(marked("Memory"), lambda value, reader: size_text(round(value), reader)),
}


def courses(house: House, reader: Reader) -> CardPlan[Courses]:
    """A small chart of each number, from 0 to a round end of its scale. They change at a tick alone."""

    def draw(drawing: Drawing[Courses]) -> ft.Control:
        head = ft.Row(
            [
                ft.Container(heading(reader.say("Lately")), expand=True),
                caption(reader.say("the last {n} minutes", n=MINUTES)),
            ]
        )
        tiles: list[ft.Control] = [_tile(drawing, name, reader) for name in MEASURES]
        grid = ft.ResponsiveRow(tiles, spacing=20, run_spacing=16)
        return ft.Container(card(ft.Column([head, grid], spacing=12)), col=12)

    def look() -> Courses:
        return {name: house.vitals.course(name) for name in LEASTS}

    return CardPlan(f"system/courses/{reader.key}", frozenset({"tick"}), look, draw)


def _tile(drawing: Drawing[Courses], name: str, reader: Reader) -> ft.Control:
    title, text = MEASURES[name]

    def last(view: Courses) -> str:
        return DASH if view[name].last is None else text(view[name].last or 0.0, reader)

    def said(view: Courses) -> str:
        course = view[name]
        if not course.picture:
            return reader.say("{what}: not known", what=reader.say(title))
        low, high = text(course.low, reader), text(course.high, reader)
        return reader.say(
            "{what}: now {value}; from {low} to {high} in the last {n} minutes",
            what=reader.say(title), value=last(view), low=low, high=high, n=MINUTES,
        )  # fmt: skip

    live = drawing.live
    value = live(ft.Text(size=18, weight=ft.FontWeight.W_600, color=INK, no_wrap=True), value=last)
    picture = live(
        ft.Image(src="", height=SIZE.height, fit=ft.BoxFit.FILL, exclude_from_semantics=True),
        src=lambda view: view[name].picture or NOTHING,
    )

    def end(view: Courses) -> str:
        return text(view[name].top, reader).removesuffix(".0") if view[name].picture else ""

    ends: list[ft.Control] = [
        live(caption(), value=end), live(caption(), value=lambda view: "0" if view[name].picture else ""),
    ]  # fmt: skip
    scale = ft.Column(
        ends, height=SIZE.height, spacing=0, width=SCALE,
        alignment=ft.MainAxisAlignment.SPACE_BETWEEN, horizontal_alignment=ft.CrossAxisAlignment.END,
    )  # fmt: skip
    chart = ft.Row([ft.Container(picture, expand=True, border=GROUND), scale], spacing=4)
    name_of_it = ft.Text(
        reader.say(title), size=13, color=SOFT, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS
    )
    whole = ft.Semantics(
        content=ft.Column([name_of_it, value, chart], spacing=2),
        container=True, image=True, exclude_semantics=True, col={"xs": 6, "lg": 3},
    )  # fmt: skip
    return live(whole, label=said)
