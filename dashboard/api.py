"""HTTP for machines: health, metrics, and the API under /api/v1."""

import time
from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.routing import Match

from dashboard.api_chart import add_chart
from dashboard.api_devices import add_command_list, add_commands, add_devices, add_history
from dashboard.api_images import add_images
from dashboard.api_naming import add_naming
from dashboard.api_quarantine import add_quarantine, add_restore
from dashboard.api_stream import Listening, add_stream
from dashboard.contract import Health
from dashboard.house import House
from dashboard.metrics import HouseMetrics
from dashboard.present import not_heard

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def api(
    house: House, listening: Listening, origins: Sequence[str] = (), token: str | None = None
) -> APIRouter:
    """All routes but the dashboard itself. Pages of `origins` may command, besides our own.

    `token` is the word by which the owner's own commands are known; without it they are refused.
    """
    router = APIRouter()
    _add_health(router, house)
    add_stream(router, listening)
    add_history(router, house)
    add_chart(router, house)
    add_images(router, house)
    add_command_list(router, house)
    add_devices(router, house)
    add_commands(router, house, origins)
    add_naming(router, house, origins)
    add_quarantine(router, house, origins)
    add_restore(router, house, token)
    _add_nothing(router)
    return router


def _add_health(router: APIRouter, house: House) -> None:
    registry = CollectorRegistry()
    registry.register(HouseMetrics(house))

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", summary="Whether the process works; degraded without its broker")
    def healthz() -> Health:
        return health(house, time.time())

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", summary="200 once the broker is reached, else 503")
    def readyz(response: Response) -> Health:
        found = healthz()
        if not found.broker_connected:
            response.status_code = 503
        return found

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics", summary="Prometheus", response_class=Response)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def health(house: House, now: float) -> Health:
    """How the house is at Unix time `now`; nothing of what only a bridge knows that is not heard."""
    status, away = house.status, not_heard(house.bus, now)
    if away:
        return Health(
            status="degraded",
            broker_connected=None,
            broker=f"not known: {away}",
            store=None,
            inbox_depth=None,
            lag_seconds=None,
            paused=None,
            bus=away,
            sessions=house.sessions,
        )
    return Health(
        status="ok" if status.broker_up and not status.store_fault else "degraded",
        broker_connected=status.broker_up,
        broker=status.broker_detail,
        store=status.store_fault,
        inbox_depth=status.waiting,
        lag_seconds=status.lag,
        paused=status.paused,
        bus="",
        sessions=house.sessions,
    )


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


async def away(_request: Request, error: Exception) -> Response:
    """503 with why what was asked cannot be answered now."""
    return JSONResponse({"detail": str(error)}, 503)
