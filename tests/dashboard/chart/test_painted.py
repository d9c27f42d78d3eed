"""A chart as a browser paints it: known data at the pixel, on both grounds."""

import math
from base64 import b64decode

import pytest

from bridge.ports import History, Point
from dashboard.chart import Series, Size, draw_chart
from dashboard.chart.ink import PALETTE
from schemas.traits import Numeric, Switch
from tests.dashboard.browser import chromium
from tests.dashboard.chart.histories import READER, START, WINDOW, single

_PAINT = """async ([svg, ground, width, height]) => {
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(svg);
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0);
    // As a text: a list of numbers takes seconds to bring over.
    const bytes = context.getImageData(0, 0, width, height).data;
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
}"""


class Blank:
    url = "about:blank"


@pytest.mark.browser
@pytest.mark.parametrize(("ground", "width"), [("#ffffff", 1000), ("#182021", 360)], ids=["light", "dark"])
def test_a_chart_is_painted_where_its_values_are(ground: str, width: int) -> None:
    """The line of a known wave is in every column where there are readings, at its height, and in no other.

    Below it a switch is on in the second half of the window.
    """
    wave = [(at, 50 + 40 * math.sin(at / 12)) for at in range(101) if not 40 < at < 60]
    history = History([Point(START + at, value) for at, value in wave])
    heating = Series("Heating", single((0, False), (50, True), (100, True)), Switch())
    size = Size(width, 160)
    chart = draw_chart(
        [Series("Wave", history, Numeric(low=0, high=100), silence=5), heating],
        WINDOW,
        size,
        READER,
        START + 999,
    )
    with chromium() as tabs:
        page = tabs.screen(Blank()).page
        pixels = b64decode(page.evaluate(_PAINT, [chart.svg, ground, width, 160]))

    def shows(color: str, x: float, y: float) -> bool:
        # An edge is smoothed: its pixels are mixed with the ground.
        first = 4 * (int(y) * width + int(x))
        wanted = bytes.fromhex(color[1:])
        return all(abs(a - b) <= 32 for a, b in zip(wanted, pixels[first : first + 3], strict=True))

    (trace, bars), column = chart.traces, width / 100
    assert trace.axis is not None
    for at, value in wave[1:-1]:
        y = trace.box.top + trace.axis.share(value) * trace.box.height
        assert any(shows(PALETTE[0], at * column, y + by) for by in (-1, 0, 1)), f"at {at}"
        assert not any(shows(PALETTE[0], at * column, y + by) for by in (-9, 9)), f"at {at}"
    for at in range(42, 59):
        assert not any(shows(PALETTE[0], at * column, y) for y in range(160))
    middle = bars.box.top + bars.box.height / 2
    assert [False, True] == [shows(PALETTE[1], at * column, middle) for at in (20, 80)]
