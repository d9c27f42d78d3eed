"""HTTP for what a chart shows: a table and a picture to take along."""

import csv
import io
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from bridge.stores.memory import MemoryStore
from dashboard.api_chart import _file
from tests.dashboard.lived import remember
from tests.dashboard.served import Served, served

CHART = "/api/v1/devices/thermostat.one/chart"
NOW = 1_790_000_000.0


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard with a thermostat that spoke three times."""
    store = MemoryStore()
    store.open()
    readings = [(300, 20.0), (200, 21.5), (100, 23.0)]
    remember(store, "thermostat.one", {"temperature": readings, "humidity": [(200, 40)]}, now=NOW)
    yield from served(store=store)


def test_a_table_has_what_the_chart_shows(dash: Served) -> None:
    """A line for each moment, in the zone and the units that were asked for; it is saved as a file."""
    answer = dash.get(
        f"{CHART}?show=temperature,humidity&from={NOW - 250}&to={NOW}&zone=Asia/Tokyo&units=imperial"
    )
    name = "thermostat.one_2026-09-21T2309_2026-09-21T2313.csv"
    expected = f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert expected == answer.headers["content-disposition"]
    assert "text/csv; charset=utf-8" == answer.headers["content-type"]
    assert [
        ["time", "Temperature (°F)", "Humidity (%)"],
        ["2026-09-21T23:10:00+09:00", "70.7", "40"],
        ["2026-09-21T23:11:40+09:00", "73.4", ""],
    ] == list(csv.reader(io.StringIO(answer.text)))


def test_a_spreadsheet_is_told_of_the_encoding_if_that_is_asked_for(dash: Served) -> None:
    """By the mark that it looks for; else there is nothing before the head."""
    asked = f"{CHART}?show=temperature&from={NOW - 250}&to={NOW}"
    plain, marked = dash.get(asked).text, dash.get(f"{asked}&bom=1").text
    assert ("time", "\ufeff" + plain) == (plain[:4], marked)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("topic.attic/无名_1h.csv", ("topic.attic_" + "_1h.csv", "topic.attic_%E6%97%A0%E5%90%8D_1h.csv")),
        ('a"b\r\n:c?.csv', ("a_b_c_.csv", "a_b_c_.csv")),
    ],
    ids=["Chinese", "signs"],
)
def test_a_file_has_a_name_that_systems_take(name: str, expected: tuple[str, str]) -> None:
    """Letters of all scripts stay for who reads the longer form; what means something to a system goes."""
    said = _file("", name, "text/csv").headers["content-disposition"]
    assert f"attachment; filename=\"{expected[0]}\"; filename*=UTF-8''{expected[1]}" == said


def test_a_picture_stands_alone(dash: Served) -> None:
    """An SVG with its title, in the language that was asked for."""
    answer = dash.get(f"{CHART}?show=temperature&from={NOW - 400}&to={NOW}&format=svg&width=600")
    assert "image/svg+xml" == answer.headers["content-type"].partition(";")[0]
    found = ET.fromstring(answer.text)  # noqa: S314  (ours)
    texts = [node.text for node in found.iter("{http://www.w3.org/2000/svg}text")]
    assert {"One", "23 °C"} & set(texts) == {"One"}
    assert any(text and text.startswith("Temperature: 23") for text in texts)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("show=nonsense", "show: thermostat.one has no metric 'nonsense'; there are temperature, "),
        ("range=fortnight", "range: expected one of 1h, 6h, "),
        ("zone=Atlantis", "zone: expected a name such as Europe/Berlin, got 'Atlantis'"),
        ("metric=temperature", "there is no parameter "),
        ("show=" + ",".join(f"m{n}" for n in range(9)), "show: thermostat.one has no metric 'm0'"),
    ],
    ids=["metric", "range", "zone", "parameter", "many"],
)
def test_what_makes_no_sense_is_refused(dash: Served, query: str, detail: str) -> None:
    """In one sentence that says what there is."""
    assert detail == dash.get(f"{CHART}?{query}", 422).json()["detail"][: len(detail)]


def test_a_device_that_nobody_knows_has_no_chart(dash: Served) -> None:
    """Neither of a kind nor heard."""
    told = dash.get("/api/v1/devices/nothing.here/chart", 404).json()["detail"]
    assert "nothing has been heard of a device with the id 'nothing.here'" == told


def test_an_id_may_end_in_the_word(dash: Served) -> None:
    """An unclaimed topic that ends in chart is a device, not the chart of one."""
    dash.hear("attic/chart", {"fnord": 7})
    answer = dash.get("/api/v1/devices/topic.attic%2Fchart")
    assert (200, "topic.attic%2Fchart") == (answer.status_code, answer.json().get("id"))
    table = dash.get("/api/v1/devices/topic.attic%252Fchart/chart?show=fnord&range=1h")
    assert (200, "time,fnord") == (table.status_code, table.text.splitlines()[0])
