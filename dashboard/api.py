"""HTTP for machines: health, metrics, and the API under /api/v1."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.routing import Match

from bridge.errors import CommandRefused, NotConnected
from bridge.state import DeviceState
from dashboard.contract import (
    Device,
    DevicePage,
    Health,
    QuarantinedMessage,
    QuarantinePage,
    device_json,
    quarantined_json,
)
from dashboard.gate import refusal
from dashboard.house import House
from dashboard.metrics import HouseMetrics
from schemas.message import Value
from schemas.topics import quote_topic

LIMIT = 500
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def api(house: House, origins: Sequence[str] = ()) -> APIRouter:
    """All routes but the dashboard itself. Pages of `origins` may command, besides our own."""
    router = APIRouter()
    _add_health(router, house)
    _add_devices(router, house)
    _add_commands(router, house, origins)
    _add_quarantine(router, house)
    _add_nothing(router)
    return router


def _add_health(router: APIRouter, house: House) -> None:
    registry = CollectorRegistry()
    registry.register(HouseMetrics(house))

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", summary="Whether the process works; degraded without its broker")
    def healthz() -> Health:
        status = house.status
        return Health(
            status="ok" if status.broker_up and not status.store_fault else "degraded",
            broker_connected=status.broker_up,
            broker=status.broker_detail,
            store=status.store_fault,
            inbox_depth=status.inbox_depth,
            sessions=house.sessions,
        )

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", summary="200 once the broker is reached, else 503")
    def readyz(response: Response) -> Health:
        health = healthz()
        if not health.broker_connected:
            response.status_code = 503
        return health

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics", summary="Prometheus", response_class=Response)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _add_devices(router: APIRouter, house: House) -> None:
    @router.get("/api/v1/devices", summary="All devices, by id")
    def devices(cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100) -> DevicePage:
        ids = sorted(device_id for device_id in list(house.devices) if cursor is None or device_id > cursor)
        found = [house.devices[device_id] for device_id in ids[:limit]]
        more = ids[limit - 1] if len(ids) > limit else None
        return DevicePage(items=[_json(house, device) for device in found], next=more)

    @router.get("/api/v1/devices/{device_id:path}", summary="One device")
    def device(device_id: str) -> Device:
        return _json(house, _find(house, device_id))


def _add_commands(router: APIRouter, house: House, origins: Sequence[str]) -> None:
    @router.post(
        "/api/v1/devices/{device_id:path}/commands", status_code=202, summary="Ask a device for new values"
    )
    def command(
        request: Request,
        device_id: str,
        changes: Annotated[dict[str, Value], Body(examples=[{"heating": True}])],
    ) -> dict[str, Any]:
        why = refusal(request.headers, origins=origins)
        if why is not None:
            raise HTTPException(403, why)
        found = _find(house, device_id)
        client = request.client.host if request.client else "unknown"
        try:
            house.command(found.id, changes, by=f"api {client}")
        except CommandRefused as error:
            raise HTTPException(422, str(error)) from None
        except NotConnected as error:
            raise HTTPException(503, str(error)) from None
        return {"status": "sent", "device": found.id, "changes": changes}


def _add_quarantine(router: APIRouter, house: House) -> None:
    @router.get("/api/v1/quarantine", summary="Refused messages, newest first")
    def quarantine(
        cursor: int | None = None, limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100
    ) -> QuarantinePage:
        found = house.quarantined(before=cursor, limit=limit + 1)
        items: list[QuarantinedMessage] = [quarantined_json(entry) for entry in found[:limit]]
        return QuarantinePage(items=items, next=str(found[limit - 1].id) if len(found) > limit else None)


def _add_nothing(router: APIRouter) -> None:
    """Whatever else is below /api: JSON, not the dashboard's page."""

    @router.api_route("/api", methods=METHODS, include_in_schema=False)
    @router.api_route("/api/{rest:path}", methods=METHODS, include_in_schema=False)
    def nothing(request: Request) -> None:
        path = request.url.path
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in router.routes):
            raise HTTPException(405, f"{path} does not take {request.method}")
        raise HTTPException(404, f"there is nothing at {path}; see /api/v1/openapi.json")


async def invalid(_request: Request, error: Exception) -> Response:
    """422 with what is wrong and where. The input is not repeated: not all of it can be told as JSON."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for nothing else)
    mistakes = [{"loc": m["loc"], "msg": m["msg"], "type": m["type"]} for m in error.errors()]
    return JSONResponse({"detail": mistakes}, 422)


def _json(house: House, device: DeviceState) -> Device:
    return device_json(device, house.label(device))


def _find(house: House, device_id: str) -> DeviceState:
    for candidate in _spellings(device_id):
        device = house.devices.get(candidate)
        if device is not None:
            return device
    raise HTTPException(404, f"nothing has been heard of a device with the id {device_id!r}")


def _spellings(device_id: str) -> Iterator[str]:
    yield device_id
    # The id of an unclaimed device holds %2F, which a client may send as it is and the server then decodes.
    kind, _, rest = device_id.partition(".")
    if kind == "topic":
        yield f"topic.{quote_topic(rest)}"
