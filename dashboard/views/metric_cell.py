"""One metric of a device: its label, its value, and below it what is under way or wrong."""

from functools import partial

import flet as ft

from dashboard.card import Drawing
from dashboard.look import DOTS, INKS, SIGNS, caption
from dashboard.present import NOT_YET, DeviceView, MetricView, Tone
from dashboard.sight import of_metric
from dashboard.widgets import Act, Place, widget_for
from dashboard.widgets.location import other_half
from schemas.traits import Choice, Numeric

FAILED = frozenset({"timed_out", "refused", "not_sent"})
"""How a command may end without the device doing it."""
HIGH = 32
"""The least height of a value, so that what stands beside each other stands in line."""


def cells(view: DeviceView) -> list[str]:
    """The metrics that have a cell of their own, in order: the two halves of a position have one."""
    names: list[str] = []
    for name in view.metrics:
        if other_half(view.metrics, name) not in names:
            names.append(name)
    return names


def cell(
    drawing: Drawing[DeviceView], name: str, act: Act, *, large: bool = False, page: bool = False
) -> ft.Column:
    """A metric with its label above, and below it what is under way or wrong. See `Place`."""
    metric = drawing.view.metrics[name]
    widget = widget_for(metric.trait)(Place(drawing, name, act, large, page))
    value = (
        widget
        if large or page
        else ft.Row([ft.Container(height=HIGH), ft.Container(widget, expand=True)], spacing=0)
    )
    return ft.Column([_head(drawing, name), value, _note(drawing, name)], spacing=1, expand=True)


def note_of(view: DeviceView, name: str) -> tuple[Tone, str]:
    """What is to be said below a value, and in which tone; the text is empty if there is nothing.

    In this order: that a command failed and why, that one is under way, why the value stands out, that a
    command was carried out, that nothing has been heard.
    """
    metric = view.metrics[name]
    if metric.status in FAILED:
        return "bad", metric.note
    if metric.pending:
        return "muted", metric.note
    if metric.why:
        return metric.tone, metric.why
    if metric.note:
        return "muted", metric.note
    unheard = not metric.source and metric.trait.can_be_read
    return "muted", view.reader.say(NOT_YET) if unheard else ""


def label_of(view: DeviceView, name: str) -> str:
    """What a cell is called."""
    if other_half(view.metrics, name) is not None:
        return view.reader.say("Position")
    return view.metrics[name].label


def _head(drawing: Drawing[DeviceView], name: str) -> ft.Control:
    """The label; behind it, where there is always room for it, a ring or a tick for a command."""
    label = caption(label_of(drawing.view, name), expand=True)
    if not drawing.view.metrics[name].settable:
        return ft.Row([label], height=16, spacing=4)
    live = partial(drawing.lasting, of_metric(name))
    ring = live(
        ft.ProgressRing(width=12, height=12, stroke_width=2), visible=lambda v: v.metrics[name].pending
    )
    tick = live(
        ft.Icon(ft.Icons.CHECK, size=14, color=DOTS["good"]),
        visible=lambda v: v.metrics[name].status == "confirmed",
    )
    return ft.Row([label, ring, tick], height=16, spacing=4)


def _note(drawing: Drawing[DeviceView], name: str) -> ft.Control:
    live = partial(drawing.lasting, of_metric(name))
    known: tuple[DeviceView | None, tuple[Tone, str]] = (None, ("muted", ""))

    def note(view: DeviceView) -> tuple[Tone, str]:
        # Once for all that follows it.
        nonlocal known
        if known[0] is not view:
            known = (view, note_of(view, name))
        return known[1]

    text = live(
        ft.Text(size=11, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, expand=True),
        value=lambda v: note(v)[1],
        color=lambda v: INKS[note(v)[0]],
    )
    if not _may_stand_out(drawing.view.metrics[name]):
        return live(ft.Row([text], spacing=4), visible=lambda v: bool(note(v)[1]))
    sign = live(
        ft.Icon(ft.Icons.CIRCLE, size=13),
        icon=lambda v: SIGNS[note(v)[0]],
        color=lambda v: DOTS[note(v)[0]],
        visible=lambda v: note(v)[0] != "muted",
    )
    # Room for a line is always there, so that nothing moves when something is said.
    return ft.Row(
        [sign, text, ft.Container(height=16)], spacing=3, vertical_alignment=ft.CrossAxisAlignment.START
    )


def _may_stand_out(metric: MetricView) -> bool:
    trait = metric.trait
    if isinstance(trait, Numeric) and (trait.warn_low is not None or trait.warn_high is not None):
        return True
    return metric.settable or (isinstance(trait, Choice) and bool(trait.alarming))
