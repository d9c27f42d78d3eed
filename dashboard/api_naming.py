"""HTTP for what people do with devices: name them, retire them, forget them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from bridge.errors import FleetglassError, LabelRefused, NotConnected
from dashboard.api_devices import find
from dashboard.api_parameters import NO_OTHERS
from dashboard.contract import Device, device_json
from dashboard.gate import refusal
from dashboard.house import House

ADDRESS = "/api/v1/devices/{device_id:path}"


class Naming(BaseModel):
    """What is to be changed of a device; what is left out stays as it is.

    `name` and `place`: null or an empty text leaves it to the device, or to its id.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    place: str | None = None
    retired: bool = False


def add_naming(router: APIRouter, house: House, origins: Sequence[str]) -> None:
    """Changes that the bridge writes into its config file, and forgetting. After `add_devices`."""

    @router.patch(
        ADDRESS,
        summary="Name a device, say where it is, retire it or take it back",
        dependencies=[NO_OTHERS],
    )
    def change(request: Request, device_id: str, asked: Annotated[Naming, Body()]) -> Device:
        _check(request, origins)
        device = find(house, device_id)
        given = asked.model_fields_set
        label = house.label(device)
        try:
            if given & {"name", "place"}:
                house.relabel(
                    device.id,
                    name=asked.name if "name" in given else label.name,
                    place=asked.place if "place" in given else label.place,
                )
            if "retired" in given:
                house.retire(device.id, retired=asked.retired)
        except FleetglassError as error:
            raise _refused(error) from None
        label = house.label(device)
        return device_json(device, label)

    @router.delete(ADDRESS, status_code=204, summary="Forget a device", dependencies=[NO_OTHERS])
    def forget(
        request: Request,
        device_id: str,
        history: Annotated[bool, Query(description="and all that it has said")] = False,  # noqa: FBT002
        retained: Annotated[bool, Query(description="and what the broker keeps of it")] = False,  # noqa: FBT002
    ) -> Response:
        _check(request, origins)
        try:
            house.forget(find(house, device_id).id, history=history, retained=retained)
        except FleetglassError as error:
            raise _refused(error) from None
        return Response(status_code=204)


def _check(request: Request, origins: Sequence[str]) -> None:
    why = refusal(request.headers, origins=origins)
    if why is not None:
        raise HTTPException(403, why)


def _refused(error: FleetglassError) -> HTTPException:
    """422 for what can be said better, 503 for what can be tried again, 500 for what must be mended there."""
    if isinstance(error, LabelRefused):
        return HTTPException(422, str(error))
    return HTTPException(503 if isinstance(error, NotConnected) else 500, str(error))
