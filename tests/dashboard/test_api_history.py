"""HTTP for what is kept: the history of a metric, refused messages, and the owner's own commands."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from bridge.retention import StoreOptions
from bridge.stores.sqlite import SqliteStore, backup
from tests.dashboard.served import TOKEN, Served, served

MINUTE = datetime.now(UTC).replace(second=0, microsecond=0)


def ago(**span: float) -> str:
    """A time before this minute."""
    return (MINUTE - timedelta(**span)).isoformat()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A file of SQLite's."""
    opened = SqliteStore(tmp_path / "store.db", StoreOptions(tmp_path))
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def dash(store: SqliteStore) -> Iterator[Served]:
    """A dashboard whose history is in a file."""
    yield from served(store=store)


def hear(dash: Served, *powers: object, **more: object) -> None:
    """A plug says its power, a minute apart, the last one a minute ago."""
    times = [ago(minutes=len(powers) - number) for number in range(len(powers))]
    said = [
        {"on": True, "power": power, "time": time, **more} for power, time in zip(powers, times, strict=True)
    ]
    dash.hear("fleet/plug/one/state", *said)


# History.


def test_a_history_is_told_as_the_contract_says(dash: Served) -> None:
    """Points with their time, value, extremes and count, oldest first, and the unit they are in."""
    hear(dash, 1.5, 2.5)
    page = dash.get("/api/v1/devices/plug.one/history?metric=power").json()
    items = page.pop("items")
    assert {"next": None, "unit": "W", "step": 0.0, "other_units": []} == page
    assert [(ago(minutes=2), 1.5, 1), (ago(minutes=1), 2.5, 1)] == [
        (datetime.fromisoformat(item["time"]).isoformat(), item["value"], item["count"]) for item in items
    ]
    assert {"time", "value", "low", "high", "count"} == set(items[0])


def test_many_readings_become_few_points(dash: Served) -> None:
    """A history is told in no more points than were asked for; they stand for all readings."""
    hear(dash, *range(30))
    page = dash.get("/api/v1/devices/plug.one/history?metric=power&points=4").json()
    counts = [item["count"] for item in page["items"]]
    assert (30, True, True) == (sum(counts), len(counts) <= 4, page["step"] > 0)
    assert (0.0, 29.0) == (min(i["low"] for i in page["items"]), max(i["high"] for i in page["items"]))


def test_true_and_false_have_a_history(dash: Served) -> None:
    """Not only numbers do."""
    hear(dash, 1)
    values = [i["value"] for i in dash.get("/api/v1/devices/plug.one/history?metric=on").json()["items"]]
    assert [True] == values


def test_a_part_of_it(dash: Served) -> None:
    """From a start up to an end that is left out, as moments or as spans before now."""
    hear(dash, *range(10))
    two, one = quote(ago(minutes=2)), quote(ago(minutes=1))
    for bounds, expected in {
        f"start={two}": [8.0, 9.0],
        f"start={two}&end={one}": [8.0],
        f"end={quote(ago(minutes=9))}": [0.0],
        "start=-1h&end=now": [float(number) for number in range(10)],
        "start=-2d&end=-1d": [],
    }.items():
        page = dash.get(f"/api/v1/devices/plug.one/history?metric=power&{bounds}").json()
        assert expected == [item["value"] for item in page["items"]]


def test_a_plus_sign_that_was_not_encoded(dash: Served) -> None:
    """In a query it is read as a space, and is understood all the same."""
    hear(dash, 5)
    start = ago(minutes=1)
    assert start.endswith("+00:00")
    page = dash.get(f"/api/v1/devices/plug.one/history?metric=power&start={start}").json()
    assert [5.0] == [item["value"] for item in page["items"]]


@pytest.mark.parametrize(
    "query",
    [
        "", "metric=power&start=yesterday", "metric=power&end=2026-01-31T12:00:00", "metric=power&points=1",
        "metric=power&points=5001", "metric=power&points=x", "metric=power&start=now&end=-1h",
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_a_422(dash: Served, query: str) -> None:
    """A question that is wrong in itself is refused with what was expected."""
    hear(dash, 5)
    assert "expected" in json.dumps(
        dash.get(f"/api/v1/devices/plug.one/history?{query}", 422).json()
    ).replace("should be", "expected")


def test_an_unknown_metric_is_a_404(dash: Served) -> None:
    """What neither the kind nor the history knows is not there; a metric of the kind is, with no points."""
    hear(dash, 5)
    assert "nothing" in dash.get("/api/v1/devices/plug.one/history?metric=nothing", 404).json()["detail"]
    assert [] == dash.get("/api/v1/devices/plug.one/history?metric=energy").json()["items"]
    never = dash.get("/api/v1/devices/plug.never/history?metric=power", 404).json()["detail"]
    assert "nothing has been heard of a device with the id 'plug.never'" == never
    assert "detail" in dash.get("/api/v1/devices/topic.none/history?metric=a", 404).json()


@pytest.mark.parametrize("topic", ["attic/box", "x/history", "history", "a b/c%2Fd"])
def test_the_history_of_an_unclaimed_device(dash: Served, topic: str) -> None:
    """Its id is understood in either spelling, even where the topic itself ends in the word history."""
    dash.hear(topic, {"a": 1})
    device_id = dash.get("/api/v1/devices").json()["items"][0]["id"]
    for spelled in (device_id, device_id.replace("%", "%25")):
        page = dash.get(f"/api/v1/devices/{spelled}/history?metric=a").json()
        assert [1] == [item["value"] for item in page["items"]]
        assert device_id == dash.get(f"/api/v1/devices/{spelled}").json()["id"]


def test_what_was_heard_before_the_start_is_told(tmp_path: Path) -> None:
    """A history outlives the run, also of a device that a folder of kinds no longer names."""
    path = tmp_path / "store.db"
    for number in range(2):
        opened = SqliteStore(path, StoreOptions(tmp_path))
        opened.open()
        for dash in served(store=opened):
            if number == 0:
                dash.hear("attic/box", {"a": 1})
            page = dash.get("/api/v1/devices/topic.attic%2Fbox/history?metric=a").json()
            assert [1] == [item["value"] for item in page["items"]]
        opened.close()


# Refused messages.


def test_refused_messages_come_newest_first_in_pages(dash: Served) -> None:
    """The quarantine has reason, detail and payload; bytes that are no text come as base64."""
    numbers = [f'{{"on": {number}}}' for number in range(5)]
    dash.hear("fleet/plug/one/state", *numbers, b"\xff\x00")
    first = dash.get("/api/v1/quarantine?limit=2").json()
    entry = first["items"][0]
    assert ("fleet/plug/one/state", "/wA=", "base64", 2) == (
        entry["topic"], entry["payload"], entry["encoding"], entry["size"]
    )  # fmt: skip
    assert datetime.fromisoformat(entry["time"]).tzinfo is not None
    assert ('{"on": 4}', None) == (first["items"][1]["payload"], first["items"][1]["encoding"])
    found, cursor = [], first["next"]
    while cursor is not None:
        page = dash.get(f"/api/v1/quarantine?limit=2&cursor={cursor}").json()
        found += [entry["payload"] for entry in page["items"]]
        cursor = page["next"]
    assert [f'{{"on": {n}}}' for n in (3, 2, 1, 0)] == found
    for cursor in ("x", "-1", str(2**63)):
        dash.get(f"/api/v1/quarantine?cursor={cursor}", 422)


def test_refused_messages_can_be_searched(dash: Served) -> None:
    """By their reason, and by what stands in topic, detail or payload."""
    dash.hear("fleet/plug/one/state", '{"on": "ja"}')
    dash.hear("fleet/plug/two/state", "{")
    reasons = [entry["reason"] for entry in dash.get("/api/v1/quarantine").json()["items"]]
    assert ["invalid_json", "wrong_type"] == reasons
    for query, expected in {
        "reason=wrong_type": ["fleet/plug/one/state"],
        "reason=not_an_object": [],
        "q=PLUG/TWO": ["fleet/plug/two/state"],
        "q=ja": ["fleet/plug/one/state"],
        "q=": ["fleet/plug/two/state", "fleet/plug/one/state"],
        "q=plug&reason=invalid_json": ["fleet/plug/two/state"],
    }.items():
        found = dash.get(f"/api/v1/quarantine?{query}").json()["items"]
        assert expected == [entry["topic"] for entry in found]


def test_refused_messages_come_in_groups(dash: Served) -> None:
    """By the sort of topic, reason and field, which are also what to ask their messages with."""
    for room in ("attic", "cellar", "attic"):
        dash.hear(f"fleet/thermostat/{room}/state", {"temperature": 900})
    dash.hear("fleet/thermostat/attic/state", {"temperature": 20, "humidity": -1})
    groups = dash.get("/api/v1/quarantine/groups?reason=out_of_range").json()
    assert (0, None) == (groups["more"], groups["next"])
    many, one = groups["items"]
    assert ("fleet/thermostat/+/state", "out_of_range", "temperature", "thermostat", 3, 2, False) == tuple(
        many[name] for name in ("topic", "reason", "field", "kind", "messages", "topics", "would_pass")
    )
    assert "temperature: expected a number between -50 and 100 °C, got 900" == many["detail"]
    found = dash.get("/api/v1/quarantine?topic=fleet/thermostat/%2B/state&field=temperature").json()["items"]
    assert ["attic", "cellar", "attic"] == [entry["topic"].split("/")[2] for entry in found]
    assert many["newest"] == found[0]["id"] == one["newest"] - 1
    assert [] == dash.get("/api/v1/quarantine/groups?reason=wrong_type").json()["items"]
    dash.get("/api/v1/quarantine/groups?reason=foo", 422)


def test_a_reason_that_there_is_not_is_a_422(dash: Served) -> None:
    """It is refused with those that there are, so that a slip does not look like an empty quarantine."""
    detail = dash.get("/api/v1/quarantine?reason=foo", 422).json()["detail"]
    assert detail.startswith('reason: there is no reason "foo"; known are future_time, ')
    dash.get("/api/v1/quarantine?reason=", 422)


@pytest.mark.parametrize(
    ("payload", "told", "encoding"),
    [
        ("x" * 65_537, "x" * 65_536, None),
        ("x" + "é" * 40_000, "x" + "é" * 32_767, None),
        (b"\xff" * 65_537, None, "base64"),
    ],
)
def test_a_long_payload_is_cut(
    dash: Served, payload: str | bytes, told: str | None, encoding: str | None
) -> None:
    """The first 65,536 bytes are told, no letter is cut through, and the size is that of all of it."""
    dash.hear("fleet/plug/one/state", payload)
    entry = dash.get("/api/v1/quarantine").json()["items"][0]
    size = len(payload.encode() if isinstance(payload, str) else payload)
    assert (size, encoding) == (entry["size"], entry["encoding"])
    assert told is None or told == entry["payload"]


def test_refused_messages_are_tried_again(dash: Served) -> None:
    """A replay tells what became of them; a dry run only what would."""
    dash.hear("fleet/plug/one/state", "{", '{"on": 3}')
    ids = [entry["id"] for entry in dash.get("/api/v1/quarantine").json()["items"]]
    expected = {"tried": 2, "passed": 0, "still_refused": {"invalid_json": 1, "wrong_type": 1}, "cut": 0}
    for body in ({}, {"dry_run": True}, {"dry_run": False, "ids": None}, None):
        assert expected == dash.post("/api/v1/quarantine/replay", body, 200).json()
    one = {"tried": 1, "passed": 0, "still_refused": {"wrong_type": 1}, "cut": 0}
    assert one == dash.post("/api/v1/quarantine/replay", {"ids": ids[:1]}, 200).json()


@pytest.mark.parametrize("body", [{"ids": "all"}, {"ids": [0]}, {"dry": True}, {"ids": [2**63]}, [], "x"])
def test_a_replay_that_is_not_understood_is_a_422(dash: Served, body: object) -> None:
    """A body with other words or values is refused: nobody replays everything by a slip."""
    dash.post("/api/v1/quarantine/replay", body, 422)


def test_other_peoples_pages_may_not_replay(dash: Served) -> None:
    """A browser that comes from another page is refused."""
    dash.post("/api/v1/quarantine/replay", {}, 403, origin="http://evil.example")
    dash.post("/api/v1/quarantine/replay", {}, 200, origin="https://dash.example")


# Restoring.


def test_only_the_owner_restores(dash: Served, tmp_path: Path) -> None:
    """Without the word in the note of the run, or with another one, nothing is touched."""
    body = {"file": str(tmp_path / "x.db")}
    for given in ({}, {"X-Fleetglass-Token": "x"}, {"X-Fleetglass-Token": ""}):
        assert 403 == dash.http.post("/api/v1/store/restore", json=body, headers=given).status_code


def test_a_backup_is_restored_while_it_runs(dash: Served, store: SqliteStore, tmp_path: Path) -> None:
    """What came after the backup is gone, what was there is back, and it goes on from there."""
    hear(dash, 1)
    backup(store.path, tmp_path / "b.db")
    dash.hear("fleet/plug/one/state", {"on": True, "power": 2})
    address = "/api/v1/devices/plug.one/history?metric=power"
    headers = {"X-Fleetglass-Token": TOKEN}
    answer = dash.post("/api/v1/store/restore", {"file": str(tmp_path / "b.db")}, 200, **headers)
    assert {"status": "restored"} == answer.json()
    assert [1.0] == [item["value"] for item in dash.get(address).json()["items"]]
    dash.hear("fleet/plug/one/state", {"on": True, "power": 3})
    assert [1.0, 3.0] == [item["value"] for item in dash.get(address).json()["items"]]


def test_what_is_no_backup_is_a_422(dash: Served, tmp_path: Path) -> None:
    """Another file, or none, is refused with the reason, and what is there stays."""
    hear(dash, 1)
    (tmp_path / "x.txt").write_text("hello")
    for name in ("x.txt", "nothing"):
        headers = {"X-Fleetglass-Token": TOKEN}
        answer = dash.post("/api/v1/store/restore", {"file": str(tmp_path / name)}, 422, **headers)
        assert name in answer.json()["detail"]
    assert 1 == len(dash.get("/api/v1/devices/plug.one/history?metric=power").json()["items"])
