"""The address of a page for another screen: as the browser has it, as a code, and whether others reach it."""

from xml.etree import ElementTree as ET

import pytest
import segno
from starlette.datastructures import Headers

from dashboard.sharing import code_of, only_here
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, play, until

ADDRESS = "http://house.example:8550/devices/lamp.hall?range=1h"


def dark(svg: str) -> set[tuple[int, int]]:
    """The dark squares of a code, from its one path of horizontal strokes: column and row."""
    drawn = ET.fromstring(svg)  # noqa: S314  (ours)
    [path] = [node for node in drawn.iter() if node.get("stroke")]
    words = path.get("d", "").replace("M", " M ").replace("m", " m ").replace("h", " h ").split()
    x, y, out = 0.0, 0.0, set()
    while words:
        letter = words.pop(0)
        if letter == "h":
            length = int(words.pop(0))
            out |= {(int(x) + n, int(y)) for n in range(length)}
            x += length
        else:
            dx, dy = float(words.pop(0)), float(words.pop(0))
            x, y = (dx, dy) if letter == "M" else (x + dx, y + dy)
    return out


def test_the_code_is_that_of_the_address() -> None:
    """Square by square, with four empty ones around it."""
    rows = segno.make(ADDRESS, error="m", micro=False).matrix
    expected = {(x + 4, y + 4) for y, row in enumerate(rows) for x, square in enumerate(row) if square}
    assert expected == dark(code_of(ADDRESS))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8550/", True),
        ("http://127.8.9.1/", True),
        ("http://localhost:8550/", True),
        ("http://[::1]:8550/", True),
        ("http://192.168.1.7:8550/", False),
        ("https://house.example/devices/localhost", False),
        ("http://[fe80::1]/", False),
    ],
    ids=["loopback", "another loopback", "localhost", "loopback 6", "network", "name", "link-local"],
)
def test_whether_others_reach_an_address(address: str, expected: bool) -> None:  # noqa: FBT001
    """Not the loopback's, however it is written."""
    assert expected == only_here(address)


@pytest.mark.parametrize(
    ("origin", "expected", "hint"),
    [
        ("https://house.example", "https://house.example/devices/lamp.one", False),
        ("", "http://127.0.0.1:8550/devices/lamp.one", True),
        ("null", "http://127.0.0.1:8550/devices/lamp.one", True),
    ],
    ids=["behind a proxy", "none", "opaque"],
)
def test_a_person_gets_the_address_as_his_browser_has_it(origin: str, expected: str, *, hint: bool) -> None:
    """With a hint where no other screen reaches it."""
    house = FakeHouse()
    house.hear_all(["lamp"])

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one")
        tab.socket.headers = Headers({"origin": origin} if origin else {})
        [share] = [b for b in tab.controls("IconButton") if b.get("tooltip") == "One: open on another screen"]
        tab.click(share)
        await until(lambda: expected in str(tab.client.root), "the address")
        assert hint == ("Only this computer reaches that address" in str(tab.client.root))

    play(act, house)
