"""Pictures over HTTP: the newest of each metric, what a browser may keep of it, and where there is none."""

import base64
from collections.abc import Iterator

import pytest

from bridge.simulate.pictures import png
from schemas.picture import picture_of, reference_of
from tests.dashboard.served import Served, served

ONE, OTHER = png(4, 3, bytes(15)), png(4, 3, bytes([0, 9, 0, 0, 0] * 3))
PATH = "/api/v1/devices/camera.front/images/image"


@pytest.fixture(scope="module")
def dash() -> Iterator[Served]:
    """A dashboard to which a camera has sent a picture."""
    for made in served():
        made.hear("fleet/camera/front/image", ONE)
        yield made


def digest(data: bytes) -> str:
    """What tells a picture from others."""
    reference = reference_of(picture_of(data, 10_000).words)
    assert reference is not None
    return reference.digest


def test_a_picture_as_it_came(dash: Served) -> None:
    """Its bytes and its type, and nothing that a browser could run."""
    answer = dash.get(PATH)
    assert (ONE, "image/png") == (answer.content, answer.headers["content-type"])
    assert answer.headers["x-content-type-options"].startswith("nosniff")
    assert "default-src 'none'; sandbox" in answer.headers["content-security-policy"]


def test_only_its_head(dash: Served) -> None:
    """HEAD tells all that GET does, without the picture."""
    answer = dash.http.head(PATH)
    assert (200, b"", str(len(ONE))) == (answer.status_code, answer.content, answer.headers["content-length"])


def test_an_unchanged_picture_is_not_sent_again(dash: Served) -> None:
    """Who has it is told so; who has another one gets it."""
    tag = dash.get(PATH).headers["etag"]
    assert f'"{digest(ONE)}"' == tag
    assert b"" == dash.get(PATH, 304, **{"if-none-match": f'W/"x", {tag}'}).content
    assert ONE == dash.get(PATH, **{"if-none-match": '"x"'}).content


def test_what_a_browser_may_keep(dash: Served) -> None:
    """For ever what was asked for by its digest, else nothing without asking again."""
    kept = [dash.get(f"{PATH}?v={v}").headers["cache-control"] for v in (digest(ONE), digest(OTHER))]
    assert ["private, max-age=31536000, immutable", "no-cache"] == kept
    assert "no-cache" == dash.get(PATH).headers["cache-control"]


def test_where_there_is_no_picture(dash: Served) -> None:
    """The answer says why."""
    dash.hear("fleet/camera/dark/state", {"motion": True})
    expected = {
        "camera.none/images/image": "nothing has been heard of a device with the id 'camera.none'",
        "camera.front/images/motion": "camera.front has no picture 'motion'",
        "camera.front/images/x": "camera.front has no picture 'x'",
        "camera.dark/images/image": "camera.dark has not sent a picture yet",
    }
    found = {path: dash.get(f"/api/v1/devices/{path}", 404).json()["detail"] for path in expected}
    assert expected == found


def test_the_newest_picture_counts(dash: Served) -> None:
    """Also one in a state message; the device's value tells of it. A forgotten device has none."""
    dash.hear("fleet/camera/new/image", ONE)
    dash.hear("fleet/camera/new/state", {"image": base64.b64encode(OTHER).decode()})
    path = "/api/v1/devices/camera.new"
    assert OTHER == dash.get(f"{path}/images/image").content
    assert picture_of(OTHER, 1_000).words == dash.get(path).json()["metrics"]["image"]["value"]
    dash.house.forget("camera.new", history=False, retained=False)
    dash.get(f"{path}/images/image", 404)


def test_pictures_are_there_after_a_restart(dash: Served) -> None:
    """The store that was committed to has it for the next start."""
    assert ("camera.front", ONE) in [(each.device_id, each.picture.data) for each in stored(dash)]


def stored(dash: Served) -> list[object]:
    """What the store behind the dashboard has."""
    return list(dash.house._plan.store.pictures())  # noqa: SLF001
