"""All that a device says now: each value with its age, its source and its limits, and what can be done."""

import time
from collections.abc import Sequence
from functools import partial

import flet as ft

from dashboard.aside import tag
from dashboard.card import CardPlan, Drawing, OnEvent
from dashboard.command_form import can_be_set, open_command_form
from dashboard.device_chart import grown_today
from dashboard.device_dialogs import ask_retiring, open_forgetting, open_naming
from dashboard.house import House
from dashboard.look import SOFT, caption, card, named, small
from dashboard.page_dialogs import pin_dialog
from dashboard.present import WORDS, DeviceView, expected
from dashboard.reader import Reader
from dashboard.sharing import open_sharing
from dashboard.views.device_about import warnings_of
from dashboard.views.device_card import actor, badge, fading, look, name_of, route_of, shape
from dashboard.views.metric_cell import cell, cells
from dashboard.views.presence import presence
from dashboard.widgets import Act
from schemas.traits import Counter, Numeric

FRESH = 60
"""Seconds after which what was counted today is read again."""
LIMITS = 160
"""Pixels of width beside a value, at the most, for where it is from and its limits; longer ones wrap."""


def plan(house: House, device_id: str, reader: Reader) -> CardPlan[DeviceView]:
    """The card of all its values."""
    today = f"today/{device_id}/{reader.zoned}"

    def seen() -> DeviceView:
        view = look(house, device_id, reader)
        if not any(isinstance(metric.trait, Counter) for metric in view.metrics.values()):
            return view
        work = partial(grown_today, house, device_id, reader)
        found = house.aside.look(today, int(time.time() // FRESH), work)
        return view if found is None or found.value is None else view._replace(today=found.value)

    return CardPlan(
        f"detail/{device_id}/{reader.zoned}",
        frozenset({f"device/{device_id}", "tick", tag(today)}),
        seen,
        lambda drawing: _draw(drawing, house),
        lambda view: (shape(view), view.retired),
        lambda: house.devices.get(device_id),
    )


def _draw(drawing: Drawing[DeviceView], house: House) -> ft.Control:
    view = drawing.view
    say, device_id = view.reader.say, view.id
    reason = drawing.live(
        ft.Text(size=13, color=SOFT),
        value=_why,
        visible=lambda v: v.availability != "online" or bool(v.kept),
    )
    rows: list[ft.Control] = [_head(drawing, house), reason]
    if view.retired:
        text = say("It is retired: the overview does not show it, and what it says is still kept.")
        rows.append(ft.Text(text, size=13, color=ft.Colors.TERTIARY))
    act = actor(house, device_id)
    for name in cells(view):
        rows += [ft.Divider(height=1, color=ft.Colors.OUTLINE_VARIANT), _row(drawing, name, act)]
    if not view.metrics:
        rows.append(ft.Text(say("There is nothing to show of it yet."), color=SOFT))
    return ft.Container(card(ft.Column(rows, spacing=12)), col={"xs": 12, "lg": 5})


def _why(view: DeviceView) -> str:
    """Whether it is there, and why we think so."""
    return view.reader.say("{word}: {why}", word=view.reader.say(WORDS[view.availability]), why=view.reason)


def _head(drawing: Drawing[DeviceView], house: House) -> ft.Control:
    """What it is, whether it is there, how old that is, and what can be done with it."""
    view, live = drawing.view, drawing.live
    what = live(caption(), value=lambda v: v.subtitle)
    names = ft.Column([name_of(drawing), what], spacing=0, tight=True, expand=True)
    stands: list[ft.Control] = [
        presence(drawing, begins=True), live(caption(expand=True), value=lambda v: v.since)
    ]  # fmt: skip
    if can_be_set(view):
        several = ft.OutlinedButton(view.reader.say("Set several…"), icon=ft.Icons.TUNE)
        drawing.on(several, click=lambda who, _data: open_command_form(house, view.id, who))
        stands.append(several)
    return ft.Column(
        [ft.Row([badge(view), ft.Container(names, expand=True), *_actions(drawing, house)], spacing=10),
         ft.Row(stands, spacing=4)],
        spacing=4, tight=True,
    )  # fmt: skip


def _actions(drawing: Drawing[DeviceView], house: House) -> Sequence[ft.Control]:
    view = drawing.view
    say, device_id = view.reader.say, view.id

    def sharing(v: DeviceView) -> str:
        return v.reader.say("{device}: {what}", device=v.title, what=v.reader.say("open on another screen"))

    code = drawing.live(ft.Icon(ft.Icons.QR_CODE_2), semantics_label=sharing)
    share = drawing.live(ft.IconButton(code), tooltip=sharing)
    drawing.on(share, click=lambda who, _data: open_sharing(route_of(device_id), who))

    def item(text: str, icon: ft.IconData, then: OnEvent) -> ft.PopupMenuItem:
        return drawing.on(ft.PopupMenuItem(content=text, icon=icon), click=then)

    retire = say("Take back into use") if view.retired else say("Retire…")
    more = named(ft.PopupMenuButton(
        icon=ft.Icons.MORE_VERT,
        tooltip=say("More about this device"),
        items=[
            item(say("Name and place…"), ft.Icons.EDIT_OUTLINED,
                 lambda who, _data: open_naming(house, device_id, who)),
            item(say("Pin to a page…"), ft.Icons.PUSH_PIN_OUTLINED,
                 lambda who, _data: pin_dialog(house, who, device_id)),
            item(retire, ft.Icons.INVENTORY_2_OUTLINED,
                 lambda who, _data: ask_retiring(house, device_id, who)),
            item(say("Forget…"), ft.Icons.DELETE_OUTLINE,
                 lambda who, _data: open_forgetting(house, device_id, who)),
        ],
    ))  # fmt: skip
    return [share, more]


def _row(drawing: Drawing[DeviceView], name: str, act: Act) -> ft.Control:
    view = drawing.view
    # That nothing has been heard of it is said below the value.
    source = drawing.live(
        caption(), value=lambda v: v.source(name), visible=lambda v: bool(v.metrics[name].source)
    )
    limits = _limits(view, name)
    below: list[ft.Control] = [source, *(small(text, text_align=ft.TextAlign.END) for text in limits)]
    if isinstance(view.metrics[name].trait, Counter):
        grown = drawing.live(
            caption(), value=lambda v: v.today.get(name, ""), visible=lambda v: name in v.today
        )
        below.insert(0, grown)
    about = ft.Column(below, spacing=2, horizontal_alignment=ft.CrossAxisAlignment.END)
    if max(map(_pixels, limits), default=0) > LIMITS:
        about.width = LIMITS
    return ft.Row([fading(drawing, cell(drawing, name, act, large=True, page=True)), about], spacing=12)


def _pixels(text: str) -> int:
    """About how wide a small text is."""
    return sum(12 if ord(character) >= 0x2E80 else 6 for character in text)


def _limits(view: DeviceView, name: str) -> Sequence[str]:
    """The limits of a metric in words, with their unit."""
    trait, reader = view.metrics[name].trait, view.reader
    if not isinstance(trait, Numeric):
        return []
    limits = expected(trait, trait.unit, reader)
    return [
        *([reader.say("valid {limits}", limits=limits)] if limits else []),
        *warnings_of(trait, trait.unit, reader),
    ]
