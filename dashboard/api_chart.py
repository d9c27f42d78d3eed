"""HTTP for what a chart shows, to take along: as a table, and as a picture."""

import re
import time
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query, Request, Response

from bridge.errors import FleetglassError
from dashboard.api_devices import candidates, device_here
from dashboard.api_parameters import NO_OTHERS
from dashboard.chart import Size, Window, WindowError, csv_text, draw_chart, standalone
from dashboard.chart import window as windows
from dashboard.chart.ink import MOST_SERIES
from dashboard.device_chart import chosen, offered, read_series
from dashboard.house import House
from dashboard.language import Language
from dashboard.present import default_name
from dashboard.reader import Reader
from dashboard.units import System

HEIGHT = 320.0
"""Pixels of height of a picture."""
POINTS = 5_000
"""Readings of each metric in a table at the most; of more, many are one line with their mean and extremes."""


def add_chart(router: APIRouter, house: House) -> None:
    """What a chart shows. Before `add_devices`, whose address would take this one for an id."""

    @router.get(
        "/api/v1/devices/{device_id:path}/chart",
        summary="What a chart shows, as a file: a table (CSV) or a picture (SVG)",
        response_class=Response,
        dependencies=[NO_OTHERS],
    )
    def chart(  # noqa: PLR0913, PLR0917  (each is a parameter of the URL)
        request: Request,
        device_id: str,
        show: Annotated[str | None, Query(description="metrics, with commas between them")] = None,
        span: Annotated[str | None, Query(alias="range", description="such as 24h, up to now")] = None,
        start: Annotated[str | None, Query(alias="from", description="Unix seconds, or RFC 3339")] = None,
        end: Annotated[str | None, Query(alias="to", description="the same")] = None,
        sort: Annotated[Literal["csv", "svg"], Query(alias="format")] = "csv",
        zone: Annotated[str, Query(description="of all times, an IANA name")] = "UTC",
        units: System = "device",
        language: Language = "en",
        width: Annotated[int, Query(ge=200, le=4_000, description="of a picture, in pixels")] = 900,
        bom: Annotated[  # noqa: FBT002  (a parameter of the URL)
            bool, Query(description="begin a table so that every spreadsheet takes it for UTF-8")
        ] = False,
    ) -> Response:
        if (other := device_here(request, house, device_id, "chart")) is not None:
            return other
        found = candidates(house, device_id)[0]
        reader = Reader(language, units, _zone(zone))
        now = time.time()
        asked = {"show": show, "range": span, "from": start, "to": end}
        given = {name: value for name, value in asked.items() if value is not None}
        try:
            window = windows.read(given, now)
        except WindowError as error:
            raise HTTPException(422, str(error)) from None
        names = _names(house, found, given, reader)
        points = POINTS if sort == "csv" else windows.points_for(width)
        try:
            series, _unread = read_series(house, found, names, window, points, reader)
        except FleetglassError as error:
            raise HTTPException(503, str(error)) from None
        name = f"{unquote(found)[:80]}_{_stretch(window, reader)}"
        if sort == "csv":
            table = csv_text(series, window, reader)
            return _file(f"\ufeff{table}" if bom else table, f"{name}.csv", "text/csv; charset=utf-8")
        device = house.devices.get(found)
        title = (house.label(device).name if device is not None else None) or default_name(found)
        drawn = draw_chart(series, window, Size(width, HEIGHT), reader, now)
        return _file(standalone(drawn, title), f"{name}.svg", "image/svg+xml")


def _names(house: House, device_id: str, given: Mapping[str, str], reader: Reader) -> tuple[str, ...]:
    known = offered(house, device_id, reader)
    if not known:
        raise HTTPException(404, f"nothing has been heard of a device with the id {device_id!r}")
    asked = [name for name in dict.fromkeys(given.get("show", "").split(",")) if name]
    unknown = [name for name in asked if name not in known]
    if unknown:
        there = ", ".join(known)
        raise HTTPException(422, f"show: {device_id} has no metric {unknown[0][:80]!r}; there are {there}")
    if len(asked) > MOST_SERIES:
        raise HTTPException(422, f"show: expected at most {MOST_SERIES} metrics, got {len(asked)}")
    return tuple(asked) or chosen({}, known)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        raise HTTPException(422, f"zone: expected a name such as Europe/Berlin, got {name[:60]!r}") from None


def _stretch(window: Window, reader: Reader) -> str:
    """The stretch of time as part of a file's name, on the reader's clock."""
    start, end = (f"{reader.moment(moment):%Y-%m-%dT%H%M}" for moment in (window.start, window.end))
    return f"{window.name}_{end}" if window.live else f"{start}_{end}"


def _file(text: str, name: str, sort: str) -> Response:
    """Saved under a name without signs that mean something to a system; in plain letters too."""
    whole = re.sub(r"[^\w.+-]+", "_", name)
    plain = re.sub(r"[^A-Za-z0-9_.+-]+", "_", name)
    said = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='', errors='replace')}"
    head = {"Content-Disposition": said, "Cache-Control": "no-store"}
    return Response(text.encode("utf-8", "replace"), media_type=sort, headers=head)
