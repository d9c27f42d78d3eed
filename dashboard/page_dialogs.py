"""What a person is asked when he makes or names a page, or puts something onto one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flet as ft

from bridge.errors import BoardError
from dashboard.boards import COLUMNS, Page, add, tile_of
from dashboard.card import Who
from dashboard.chart.gauge import scale
from dashboard.dialogs import dialog_of
from dashboard.dropdown import dropdown
from dashboard.house import House
from dashboard.language import marked
from dashboard.page_edits import create, edit
from dashboard.present import default_name, kind_title
from dashboard.wording import shown_text
from schemas.traits import Numeric

LONGEST = 100
MOST_SERIES = 6
MOST_DEVICES = 1_000
"""Devices to choose from: of more, a browser would be sent megabytes."""
ANY = "/"
"""The choice of none; no place or kind that is worth a page has such a name, and an option needs one."""
NEW = "/"
"""The choice of a page that is to be made; no page has such a name."""
TYPES: Mapping[str, str] = {
    "metric": marked("A value"),
    "chart": marked("A chart"),
    "gauge": marked("A gauge"),
    "control": marked("A switch or other control"),
    "device": marked("A device's card"),
    "group": marked("All devices of a place or kind"),
    "text": marked("A heading or a note"),
    "events": marked("What has happened last"),
    "map": marked("A map"),
}
OF_A_METRIC = frozenset({"metric", "gauge", "control", "chart"})


def ask_text(  # noqa: PLR0913  (what a question consists of)
    who: Who,
    title: str,
    label: str,
    value: str,
    done: Callable[[str], None],
    *,
    may_be_empty: bool = False,
) -> None:
    """Ask for one line."""
    say = who.reader.say
    field = ft.TextField(label=label, value=value, max_length=LONGEST, counter="", autofocus=True)

    def save(_event: object) -> None:
        text = (field.value or "").strip()
        if not text and not may_be_empty:
            field.error = say("Expected a text")
            field.update()
        elif dialog.open:
            who.close(dialog)
            done(text)

    field.on_submit = save
    leave = ft.TextButton(say("Cancel"), on_click=lambda _event: who.close(dialog))
    dialog: ft.AlertDialog = dialog_of(title, [field], [leave, ft.FilledButton(say("Save"), on_click=save)])
    who.open(dialog)


def new_page_dialog(house: House, who: Who) -> None:
    """Ask for the title of a new page, and go there, ready to be arranged."""
    say = who.reader.say
    ask_text(
        who, say("New page"), say("Title"), "",
        lambda title: create(house, who, title, lambda name: who.go(f"/pages/{name}?edit")),
    )  # fmt: skip


def add_dialog(house: House, who: Who, page: str) -> None:
    """Choose what a new tile of a page is to show."""
    _Choosing(house, who, page).open()


def pin_dialog(house: House, who: Who, device_id: str, metric: str | None = None) -> None:
    """Put a device, or one of its metrics, onto a page that is chosen, or a new one."""
    say = who.reader.say
    pages = {name: board.page.title for name, board in house.boards.pages().items() if not board.fault}
    types = ["metric", "chart", "gauge", "control"] if metric is not None else ["device"]
    if metric is not None:
        types = [one for one in types if one in _fitting(house, device_id, metric)]
    options = {**pages, NEW: say("New page")}
    where = dropdown(say("Page"), options, next(iter(options)))
    what = dropdown(say("Show it as"), {one: say(TYPES[one]) for one in types}, types[0])

    dialog = dialog_of(say("Pin to page"), [where, what], [])

    def done(name: str) -> None:
        board = house.boards.get(name)
        who.tell(say("It is on the page {page} now", page=board.page.title if board else name))

    def onto(name: str) -> None:
        values = _values(what.value or types[0], device_id, [metric] if metric is not None else [])
        edit(house, who, name, lambda now: add(now, tile_of(values)), lambda: done(name))

    def pin(_event: object) -> None:
        if not dialog.open or not where.value:
            return
        who.close(dialog)
        if where.value != NEW:
            onto(where.value)
            return
        device = house.devices.get(device_id)
        label = house.label(device).name if device is not None else None
        create(house, who, (label or default_name(device_id))[:LONGEST].strip(), onto)

    dialog.actions = [
        ft.TextButton(say("Cancel"), on_click=lambda _event: who.close(dialog)),
        ft.FilledButton(say("Pin"), on_click=pin),
    ]
    who.open(dialog)


class _Choosing:
    """The dialog in which a tile is chosen: first its type, then what it is of. One person's own."""

    def __init__(self, house: House, who: Who, page: str) -> None:
        self._house, self._who, self._page = house, who, page
        self._say = say = who.reader.say
        self._type = dropdown(say("What to show"), {one: say(text) for one, text in TYPES.items()}, "metric")
        self._type.on_select = lambda _event: self._changed()
        devices = _devices(house)
        listed = dict(list(devices.items())[:MOST_DEVICES])
        self._device = dropdown(say("Device"), listed, None, searchable=True)
        if len(listed) < len(devices):
            self._device.helper_text = say(
                "The first {n} of {all}; write others into the file of the page",
                n=f"{len(listed):,}", all=f"{len(devices):,}",
            )  # fmt: skip
        self._device.on_select = lambda _event: self._changed()
        self._metric = dropdown(say("Metric"), {}, None)
        self._several = ft.Column([], spacing=0, tight=True)
        self._place = dropdown(say("Place"), {ANY: say("Any"), **_places(house)}, ANY)
        self._kind = dropdown(say("Kind"), {ANY: say("Any"), **_kinds(house, who)}, ANY)
        self._range = dropdown(
            say("Time"), {one: one for one in ("1h", "6h", "24h", "7d", "30d", "90d", "1y")}, "24h"
        )
        self._title = ft.TextField(label=say("Heading"), max_length=LONGEST, counter="")
        self._text = ft.TextField(
            label=say("Text"), multiline=True, min_lines=2, max_lines=6, max_length=2_000, counter=""
        )
        self._wrong = ft.Text("", size=13, color=ft.Colors.ERROR, visible=False)
        leave = ft.TextButton(say("Cancel"), on_click=lambda _event: who.close(self._dialog))
        agree = ft.FilledButton(say("Add"), on_click=lambda _event: self._add())
        self._dialog: ft.AlertDialog = dialog_of(say("Add a tile"), [], [leave, agree])
        self._lines: ft.Column = self._dialog.content  # type: ignore[assignment]  # as dialog_of made it
        self._fill()

    def open(self) -> None:
        """Show it."""
        self._who.open(self._dialog)

    @property
    def _kind_of_tile(self) -> str:
        return self._type.value or "metric"

    def _changed(self) -> None:
        self._fill()
        self._dialog.update()

    def _fill(self) -> None:
        kind, device_id = self._kind_of_tile, self._device.value or ""
        metrics = _metrics(self._house, self._who, device_id)
        fields: list[ft.Control] = [self._type]
        if kind in OF_A_METRIC | {"device", "events"}:
            fields.append(self._device)
        if kind in OF_A_METRIC and kind != "chart":
            fitting = {
                m: label for m, label in metrics.items() if kind in _fitting(self._house, device_id, m)
            }
            self._metric.options = [ft.DropdownOption(key=m, text=label) for m, label in fitting.items()]
            if self._metric.value not in fitting:
                self._metric.value = next(iter(fitting), None)
            if device_id and not fitting:
                self._metric.helper_text = self._say("It has none that can be shown so")
            else:
                self._metric.helper_text = None
            fields.append(self._metric)
        if kind == "chart":
            known = {str(box.data) for box in self._several.controls}
            if known != set(metrics):
                self._several.controls = [
                    ft.Checkbox(label=label, value=n == 0, data=m)
                    for n, (m, label) in enumerate(metrics.items())
                ]
            fields += [self._several, self._range]
        if kind in {"group", "map"}:
            fields += [self._place, self._kind]
        if kind != "device":
            fields.append(self._title)
        if kind == "text":
            fields.append(self._text)
        self._lines.controls = [*fields, self._wrong]

    def _add(self) -> None:
        if not self._dialog.open:
            return
        kind, title = self._kind_of_tile, (self._title.value or "").strip()
        chosen = [self._metric.value] if self._metric.value else []
        if kind == "chart":
            chosen = [
                str(box.data) for box in self._several.controls if isinstance(box, ft.Checkbox) and box.value
            ]
        values = _values(kind, self._device.value or "", [one for one in chosen if one])
        if kind in {"group", "map"}:
            values |= {"place": _chosen(self._place), "kind": _chosen(self._kind)}
        if kind == "chart":
            values["range"] = self._range.value
        if kind == "text":
            values["text"] = (self._text.value or "").strip() or None
        if kind != "device":
            values["title"] = title or None
        try:
            tile = tile_of({key: value for key, value in values.items() if value is not None})
        except BoardError as error:
            missing = self._missing(values)
            self._wrong.value = missing or self._who.reader.told(str(error))
            self._wrong.visible = True
            self._dialog.update()
            return
        self._who.close(self._dialog)

        def change(now: Page) -> Page:
            return add(now, tile)

        edit(self._house, self._who, self._page, change)

    def _missing(self, values: Mapping[str, Any]) -> str:
        """What he has not chosen yet, in words; empty if that is not it."""
        kind = self._kind_of_tile
        if kind in OF_A_METRIC | {"device"} and not self._device.value:
            return self._say("Choose a device")
        if kind in OF_A_METRIC and not (values.get("metric") or values.get("series")):
            return self._say("Choose a metric")
        if kind == "group":
            return self._say("Choose a place, a kind or both")
        return self._say("Write a heading, a text or both") if kind == "text" else ""


def _values(kind: str, device_id: str, metrics: Sequence[str]) -> dict[str, Any]:
    """The keys of a tile of this type; what is not chosen is left out."""
    values: dict[str, Any] = {"type": kind}
    if kind == "chart":
        series = [{"device": device_id, "metric": name} for name in metrics[:MOST_SERIES]]
        return {**values, "series": series if device_id else []}
    if kind in OF_A_METRIC:
        return {**values, "device": device_id or None, "metric": next(iter(metrics), None)}
    if kind in {"device", "events"}:
        return {**values, "device": device_id or None, "width": 4 if kind == "device" else COLUMNS // 2}
    return values


def _chosen(field: ft.Dropdown) -> str | None:
    return None if field.value == ANY else field.value


def _devices(house: House) -> Mapping[str, str]:
    """What devices are called, by id; the id too where several are called alike."""
    named: dict[str, str] = {}
    for device in list(house.devices.values()):
        label = house.label(device)
        words = [label.name or default_name(device.id), label.place or ""]
        named[device.id] = shown_text(" · ".join(word for word in words if word), 80)
    texts = list(named.values())
    unique = {
        device_id: text if texts.count(text) == 1 else f"{text} ({shown_text(device_id, 60)})"
        for device_id, text in named.items()
    }
    return dict(sorted(unique.items(), key=lambda pair: pair[1].casefold()))


def _places(house: House) -> Mapping[str, str]:
    places = {house.label(device).place for device in list(house.devices.values())}
    return {place: place for place in sorted(place for place in places if place)}


def _kinds(house: House, who: Who) -> Mapping[str, str]:
    names = sorted({device.kind for device in list(house.devices.values())})
    return {name: kind_title(house.kinds.get(name), who.reader) for name in names}


def _metrics(house: House, who: Who, device_id: str) -> Mapping[str, str]:
    device = house.devices.get(device_id)
    if device is None:
        return {}
    kind = house.kinds.get(device.kind)
    declared = kind.metrics if kind is not None else {}
    names = [*declared, *(name for name in device.metrics if name not in declared)]
    return {
        name: who.reader.told(declared[name].label) if name in declared else shown_text(name)
        for name in names
    }


def _fitting(house: House, device_id: str, name: str) -> frozenset[str]:
    """As what a metric can be shown."""
    device = house.devices.get(device_id)
    kind = house.kinds.get(device.kind) if device is not None else None
    metric = kind.metrics.get(name) if kind is not None else None
    found = {"metric", "chart"}
    if metric is not None and isinstance(metric.trait, Numeric) and scale(metric.trait) is not None:
        found.add("gauge")
    if metric is not None and metric.settable:
        found.add("control")
    return frozenset(found)
