"""HTTP for devices: their present state, the history of a metric, and commands."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response

from bridge.amounts import moment
from bridge.errors import CommandRefused, NotConnected
from bridge.state import DeviceState
from dashboard.api_parameters import NO_OTHERS
from dashboard.contract import (
    CommandPage,
    Device,
    DevicePage,
    HistoryPage,
    command_json,
    device_json,
    history_json,
)
from dashboard.gate import refusal
from dashboard.house import House, in_use
from schemas.message import Value
from schemas.topics import quote_topic

LIMIT = 500


def add_devices(router: APIRouter, house: House) -> None:
    """What is known of devices. After `add_history`, whose address a device's would take for an id."""

    @router.get("/api/v1/devices", summary="All devices, by id", dependencies=[NO_OTHERS])
    def devices(
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
        retired: Annotated[bool, Query(description="those that are retired too")] = False,  # noqa: FBT002
    ) -> DevicePage:
        known = list(house.devices.values()) if retired else in_use(house)
        found = [device for device in known if cursor is None or device.id > cursor]
        found.sort(key=lambda device: device.id)
        more = found[limit - 1].id if len(found) > limit else None
        return DevicePage(items=[_json(house, device) for device in found[:limit]], next=more)

    @router.get("/api/v1/devices/{device_id:path}", summary="One device", dependencies=[NO_OTHERS])
    def device(device_id: str) -> Device:
        return _json(house, find(house, device_id))


def add_history(router: APIRouter, house: House) -> None:
    """A metric over time."""

    @router.get(
        "/api/v1/devices/{device_id:path}/history",
        summary="A metric over time",
        response_model=HistoryPage,
        dependencies=[NO_OTHERS],
    )
    def history(  # noqa: PLR0913, PLR0917  (each is a parameter of the URL)
        request: Request,
        device_id: str,
        metric: str | None = None,
        start: Annotated[str, Query(description="a time with its zone, a date, or such as -24h")] = "-24h",
        end: Annotated[str, Query(description="the same; the first moment that is left out")] = "now",
        points: Annotated[int, Query(ge=2, le=5_000)] = 500,
    ) -> Response | HistoryPage:
        if (other := device_here(request, house, device_id, "history")) is not None:
            return other
        if metric is None:
            raise HTTPException(422, "metric: expected the name of a metric, got none")
        now = time.time()
        first, last = _moment("start", start, now), _moment("end", end, now)
        if first >= last:
            raise HTTPException(422, f"start: expected a time before the end, {end}, got {start}")
        reason = f"nothing has been heard of a device with the id {device_id!r}"
        for candidate in candidates(house, device_id):
            try:
                unit, found = house.history(candidate, metric, first, last, points)
            except LookupError as error:
                reason = str(error.args[0]) if error.args else reason
                continue
            # A kind may know the metric, and nobody the device.
            if candidate in house.devices or found.points or found.other_units:
                return history_json(unit, found)
        raise HTTPException(404, reason)


def add_command_list(router: APIRouter, house: House) -> None:
    """What was asked of a device. Before `add_devices`, whose address would take this one for an id."""

    @router.get(
        "/api/v1/devices/{device_id:path}/commands",
        summary="What was asked of a device and how it ended, newest first",
        response_model=CommandPage,
        dependencies=[NO_OTHERS],
    )
    def commanded(
        request: Request, device_id: str, limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100
    ) -> Response | CommandPage:
        if (other := device_here(request, house, device_id, "commands")) is not None:
            return other
        for candidate in candidates(house, device_id):
            found = house.commanded(candidate, limit=limit)
            if found or candidate in house.devices:
                return CommandPage(items=[command_json(record) for record in found])
        raise HTTPException(404, f"nothing has been heard of a device with the id {device_id!r}")


def add_commands(router: APIRouter, house: House, origins: Sequence[str]) -> None:
    """Asking devices for new values."""

    @router.post(
        "/api/v1/devices/{device_id:path}/commands",
        status_code=202,
        summary="Ask a device for new values",
        dependencies=[NO_OTHERS],
    )
    def command(
        request: Request,
        device_id: str,
        changes: Annotated[dict[str, Value], Body(examples=[{"heating": True}])],
        by: Annotated[str | None, Query(max_length=50, description="who asks, for the record")] = None,
    ) -> dict[str, Any]:
        why = refusal(request.headers, origins=origins)
        if why is not None:
            raise HTTPException(403, why)
        found = find(house, device_id)
        client = request.client.host if request.client else "unknown"
        who = f"api {client}" if by is None or not by.strip() else f"{by.strip()} (api {client})"
        try:
            number = house.command(found.id, changes, by=who)
        except CommandRefused as error:
            raise HTTPException(422, str(error)) from None
        except NotConnected as error:
            raise HTTPException(503, str(error)) from None
        return {"status": "sent", "id": number, "device": found.id, "changes": changes}


def _json(house: House, device: DeviceState) -> Device:
    return device_json(device, house.label(device))


def find(house: House, device_id: str) -> DeviceState:
    """The device of that id, however it is spelled. Raises 404."""
    for candidate in _spellings(device_id):
        device = house.devices.get(candidate)
        if device is not None:
            return device
    raise HTTPException(404, f"nothing has been heard of a device with the id {device_id!r}")


def device_here(request: Request, house: House, device_id: str, word: str) -> Response | None:
    """The device whose id ends with `/word`, where that is asked for and not the `word` of a device.

    The id of an unclaimed device has slashes, which are sent percent-encoded; ours in an address are not.
    """
    ending = f"/{word}"
    if request.scope.get("raw_path", ending.encode()).endswith(ending.encode()):
        return None
    found = _json(house, find(house, device_id + ending))
    return Response(found.model_dump_json(), media_type="application/json")


def candidates(house: House, device_id: str) -> Sequence[str]:
    """The id of the device, or where it has not spoken since the start, whatever may have been meant."""
    spelled = list(dict.fromkeys(_spellings(device_id)))
    return [candidate for candidate in spelled if candidate in house.devices] or spelled


def _spellings(device_id: str) -> Iterator[str]:
    yield device_id
    # The id of an unclaimed device holds %2F, which a client may send as it is and the server then decodes.
    kind, _, rest = device_id.partition(".")
    if kind == "topic":
        yield f"topic.{quote_topic(rest)}"


def _moment(name: str, text: str, now: float) -> float:
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        return moment(re.sub(r" (\d\d:?\d\d)$", r"+\1", text), now)
    except ValueError as error:
        raise HTTPException(422, f"{name}: {error}, got {text!r}") from None
