"""A camera, or whatever else sends pictures."""

from typing import Annotated

from schemas.device import Device
from schemas.image import Image
from schemas.traits import Binary


class Camera(
    Device,
    topic="fleet/camera/{device}/state",
    availability="fleet/camera/{device}/availability",
    icon="photo_camera",
):
    """A camera with a sense of motion."""

    image: Annotated[
        bytes | None, Image(label="Picture", topic="fleet/camera/{device}/image", measure="picture")
    ] = None
    motion: Annotated[bool | None, Binary(on="motion", off="clear", measure="motion")] = None
