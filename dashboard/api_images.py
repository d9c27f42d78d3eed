"""HTTP for the pictures of devices: the newest of each metric, as it came."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response

from dashboard.api_devices import candidates, device_here
from dashboard.api_parameters import NO_OTHERS
from dashboard.house import House
from schemas.image import Image
from schemas.picture import Picture, reference_of

FOR_EVER = "private, max-age=31536000, immutable"
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def image_path(device_id: str, metric: str, digest: str) -> str:
    """Where a picture is to be had; another one with every picture."""
    return f"/api/v1/devices/{quote(device_id, safe='')}/images/{quote(metric, safe='')}?v={digest}"


def add_images(router: APIRouter, house: House) -> None:
    """The pictures of devices. Before `add_devices`, whose address would take this one for an id."""

    @router.head("/api/v1/devices/{device_id:path}/images/{metric}", include_in_schema=False)
    @router.get(
        "/api/v1/devices/{device_id:path}/images/{metric}",
        summary="The newest picture of a metric, as it came",
        response_class=Response,
        dependencies=[NO_OTHERS],
    )
    def image(
        request: Request,
        device_id: str,
        metric: str,
        v: Annotated[str | None, Query(max_length=64, description="which picture is expected")] = None,
    ) -> Response:
        if (other := device_here(request, house, device_id, f"images/{quote(metric, safe='')}")) is not None:
            return other
        for candidate in candidates(house, device_id):
            picture = house.picture(candidate, metric)
            if picture is not None:
                return _answer(request, picture, v)
        raise HTTPException(404, _why(house, candidates(house, device_id)[0], metric))


def _answer(request: Request, picture: Picture, expected: str | None) -> Response:
    reference = reference_of(picture.words)
    assert reference is not None  # noqa: S101  (they are the words of a picture)
    tag = f'"{reference.digest}"'
    # What is asked for by its digest is never another one.
    head = HARMLESS | {"ETag": tag, "Cache-Control": FOR_EVER if expected == reference.digest else "no-cache"}
    known = request.headers.get("if-none-match", "")
    if "*" in known or tag in known:
        return Response(status_code=304, headers=head)
    if request.method == "HEAD":
        head["Content-Length"] = str(len(picture.data))
        return Response(media_type=picture.media, headers=head)
    return Response(picture.data, media_type=picture.media, headers=head)


def _why(house: House, device_id: str, metric: str) -> str:
    device = house.devices.get(device_id)
    if device is None:
        return f"nothing has been heard of a device with the id {device_id!r}"
    kind = house.kinds.get(device.kind)
    declared = kind.metrics.get(metric) if kind is not None else None
    if declared is None or not isinstance(declared.trait, Image):
        return f"{device_id} has no picture {metric[:80]!r}"
    if metric not in device.metrics:
        return f"{device_id} has not sent a picture yet"
    return "the picture is not kept any more: [store] pictures_size is the bound of all pictures"
