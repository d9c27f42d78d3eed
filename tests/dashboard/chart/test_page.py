"""The page about charts says what is true."""

import re
from pathlib import Path

from dashboard.chart.spark import _FEWEST, _RECENT
from dashboard.chart.window import RANGES, USUAL

PAGE = (Path(__file__).parents[3] / "docs" / "charts.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    """And says what the page says of it."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102  (our own page)
    assert "Living room: 20.0 to 22.0 °C, mean 21.0 °C" in names["chart"].summary  # type: ignore[attr-defined]


def test_the_ranges_are_on_the_page() -> None:
    """Each by its name, the usual one said so."""
    row = next(line for line in PAGE.splitlines() if line.startswith("| `range` |"))
    assert [*RANGES, USUAL] == re.findall(r"`(\w+)`", row)[1:]


def test_the_trend_is_as_told() -> None:
    """Of the last 20 values, from six on."""
    assert (20, 6) == (_RECENT, _FEWEST)
    assert "the last 20 values" in PAGE
    assert "Fewer than six values" in PAGE
