"""What no kind claims: topics with the metrics inferred from them, and a kind made of one."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import flet as ft

from bridge.state import UNCLAIMED
from dashboard.aside import Found, tag
from dashboard.card import CardPlan, Drawing, Who
from dashboard.dialogs import dialog_of
from dashboard.drafted import drafted
from dashboard.house import House, in_use
from dashboard.language import marked
from dashboard.look import SOFT, caption, card, empty, title
from dashboard.present import DeviceView
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan
from dashboard.views import Page
from dashboard.views.device_card import look as device_look
from dashboard.views.payload import box, typed
from dashboard.views.topics import PACE
from dashboard.wording import rate_text, shown_text
from schemas.image import Image
from schemas.suggest import Suggestion

MOST = 100
"""Devices on the page; how many more there are is said."""
FEW = 12
"""Metrics of one; the device's page shows all."""
RATES = "unclaimed/rates"
"""The name, beside the loop, of reading how often the topics speak."""
COLUMNS: Mapping[str | ft.ResponsiveRowBreakpoint, int | float] = {"xs": 12, "lg": 6}


class View(NamedTuple):
    """One device that no kind claims; `rate` in messages a second, None before it has been read."""

    device: DeviceView
    rate: float | None
    reader: Reader


def layout(house: House, _values: Mapping[str, str], reader: Reader) -> LayoutPlan:
    """A card for each device that no kind claims, by topic."""
    name = f"unclaimed/{reader.key}"
    return LayoutPlan(name, frozenset({"devices"}), partial(_arrange, house, reader))


def rates(house: House) -> Mapping[str, float]:
    """How often the shown topics speak, in messages a second; of one message nobody knows. May wait."""
    found = {topic: house.topic(topic) for _, topic in unclaimed(house)[:MOST]}
    return {topic: entry.rate for topic, entry in found.items() if entry is not None and entry.total > 1}


def unclaimed(house: House) -> Sequence[tuple[str, str]]:
    """The ids and topics of the devices that no kind claims, by topic."""
    found = [(device.id, device.last_topic) for device in in_use(house) if device.kind == UNCLAIMED]
    return sorted(found, key=lambda one: one[::-1])


def _arrange(house: House, reader: Reader) -> Sequence[CardPlan[Any]]:
    found = unclaimed(house)
    if not found:
        return [CardPlan(f"unclaimed/none/{reader.key}", frozenset(), lambda: reader, _nothing)]
    plans: list[CardPlan[Any]] = [_plan(house, device_id, reader) for device_id, _ in found[:MOST]]
    if len(found) > MOST:
        more = len(found) - MOST
        plans.append(
            CardPlan(f"unclaimed/more/{more}/{reader.key}", frozenset(), lambda: (more, reader), _more)
        )
    return plans


def _nothing(drawing: Drawing[Reader]) -> ft.Control:
    say = drawing.view.say
    about = say("A topic that no kind knows is listed here, with the values that can be read from it.")
    return empty("verified_outlined", say("Every topic is claimed"), about)


def _more(drawing: Drawing[tuple[int, Reader]]) -> ft.Control:
    more, reader = drawing.view
    text = reader.count(
        "{n} more is not shown; the topics have it.", "{n} more are not shown; the topics have them.", more
    )
    to = drawing.on(ft.TextButton(text, height=44), click=lambda who, _data: who.go("/topics"))
    return ft.Row([to], col=12)


def _plan(house: House, device_id: str, reader: Reader) -> CardPlan[View]:
    def look() -> View:
        found = house.aside.look(RATES, int(time.time()) // PACE, partial(rates, house))
        view = device_look(house, device_id, reader)
        by_topic = found.value if found is not None else None
        return View(view, (by_topic or {}).get(view.device.last_topic), reader)

    return CardPlan(
        f"unclaimed/{device_id}/{reader.key}",
        frozenset({f"device/{device_id}", "tick", tag(RATES)}),
        look,
        lambda drawing: _draw(drawing, house),
        lambda view: (
            view.device.device.last_topic,
            tuple((name, isinstance(metric.trait, Image)) for name, metric in view.device.metrics.items()),
        ),
    )


def _draw(drawing: Drawing[View], house: House) -> ft.Control:
    view, reader = drawing.view.device, drawing.view.reader
    say, topic = reader.say, view.device.last_topic
    rows: list[ft.Control] = [_metric(drawing, name) for name in list(view.metrics)[:FEW]]
    if not rows:
        rows.append(ft.Text(say("No value can be read from what it says."), size=13, color=SOFT))
    if len(view.metrics) > FEW:
        rows.append(caption(reader.count("{n} more", "{n} more", len(view.metrics) - FEW)))
    make = ft.FilledTonalButton(say("Make a kind of this"), icon=ft.Icons.AUTO_AWESOME_OUTLINED, height=44)
    drawing.on(make, click=lambda who, _data: suggest(house, who, topic))
    to_device = ft.TextButton(say("Device"), height=44)
    drawing.on(to_device, click=lambda who, _data: who.go(f"/devices/{quote(view.id, safe='')}"))
    to_topic = ft.TextButton(say("Topic"), height=44)
    drawing.on(to_topic, click=lambda who, _data: who.go(f"/topics?at={quote(topic, safe='/')}"))
    lines = [
        title(shown_text(topic, 300), tooltip=shown_text(topic, 300)),
        drawing.live(caption(), value=_about),
        *rows,
        ft.Row([make, to_device, to_topic], spacing=8, run_spacing=8, wrap=True),
    ]
    surface = card(ft.Column(lines, spacing=6))
    surface.col = {**COLUMNS}
    return surface


def _about(view: View) -> str:
    words = [view.device.age] if view.device.age else []
    return " · ".join([*words, *([] if view.rate is None else [rate_text(view.rate, view.reader)])])


def _metric(drawing: Drawing[View], name: str) -> ft.Control:
    if isinstance(drawing.view.device.metrics[name].trait, Image):
        return drawing.live(ft.Text(size=13, weight=ft.FontWeight.W_500), value=partial(_picture, name))

    def said(view: View) -> str:
        metric = view.device.metrics.get(name)
        return "" if metric is None else f"{metric.text} {metric.unit}".rstrip()

    value = ft.Text(
        size=13, weight=ft.FontWeight.W_500, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS, expand=True,
        text_align=ft.TextAlign.END,
    )  # fmt: skip
    label = ft.Text(
        drawing.view.device.metrics[name].label, size=13, color=SOFT, expand=True, max_lines=1,
        overflow=ft.TextOverflow.ELLIPSIS,
    )  # fmt: skip
    return ft.Row([label, drawing.live(value, value=said)], spacing=12)


def _picture(name: str, view: View) -> str:
    metric = view.device.metrics.get(name)
    return "" if metric is None else view.reader.say("Looks like a picture: {picture}", picture=metric.text)


def suggest(house: House, who: Who, topic: str) -> None:
    """Write a kind for a topic beside the loop, and show it; who asked is told why where none can be made."""

    def ended(found: Found[Suggestion]) -> None:
        if found.value is None:
            why = shown_text(who.reader.told(found.fault), 400)
            who.tell(who.reader.say("No kind can be made of this: {why}", why=why))
        else:
            _show(house, who, found.value)

    house.aside.do(f"suggesting {topic} for {who.name}", lambda: house.suggestion(topic), ended)


def _show(house: House, who: Who, found: Suggestion) -> None:
    reader = who.reader
    say = reader.say
    draft = drafted(found.text, reader)
    copy = ft.FilledButton(say("Copy"), icon=ft.Icons.CONTENT_COPY, on_click=lambda _event: who.copy(draft))
    close = ft.TextButton(say("Close"), on_click=lambda _event: who.close(dialog))
    lines: list[ft.Control] = [
        ft.Text(
            reader.count(
                "A draft: it claims {pattern} and accepts the {n} message at hand. Check names and units.",
                "A draft: it claims {pattern} and accepts the {n} messages at hand. Check names and units.",
                found.messages,
                pattern=found.pattern,
            ),
            size=14,
        )
    ]
    if found.refused:
        refused = reader.count(
            "{n} message would be refused by any kind.", "{n} messages would be refused by any kind.",
            found.refused,
        )  # fmt: skip
        lines.append(ft.Text(refused, size=13, color=ft.Colors.TERTIARY))
    lines.append(box(typed(draft, size=12)))
    if house.kind_folder is not None:
        to = say("Save it as {file} in the folder {folder}.", file=found.file, folder=house.kind_folder)
        lines.append(ft.Text(to, size=14))
    else:
        to = say(
            'Save it as {file} in a folder, such as "kinds" beside the config file, and name that there:',
            file=found.file,
        )
        lines += [ft.Text(to, size=14), box(typed('[schemas]\npaths = ["kinds"]', size=12))]
    lines.append(ft.Text(say("It takes effect when the program is restarted."), size=14))
    dialog: ft.AlertDialog = dialog_of(say("A kind for {topics}", topics=found.pattern), lines, [close, copy])
    who.open(dialog)


PAGE = Page(
    "/unclaimed",
    marked("Unclaimed"),
    "help_outline",
    layout,
    rank=4,
    key="u",
    selected_icon="help",
)
