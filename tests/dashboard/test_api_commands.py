"""What was asked of devices, as programs are told it: newest first, with how it ended."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from bridge.commands import CommandRecord
from bridge.ports import Batch
from bridge.stores.memory import MemoryStore
from tests.dashboard.served import Served, served
from tests.servers import wait_until

PATH = "/api/v1/devices/plug.one/commands"


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard with a plug that is on, and a thread that takes commands and does nothing."""
    for running in served():
        running.source.on_command(lambda _topic, _payload: None)
        running.hear("fleet/plug/one/state", {"on": True})
        yield running


def items(dash: Served, query: str = "") -> list[dict[str, object]]:
    """The list of the plug's commands."""
    page = dash.get(PATH + query).json()
    assert page["next"] is None
    found: list[dict[str, object]] = page["items"]
    return found


def test_a_command_is_listed_from_the_start_to_its_end(dash: Served) -> None:
    """Pending at once, under the id that the answer told, in the name of who asked; then confirmed."""
    number = dash.post(f"{PATH}?by=Ada%20L.", {"on": False}).json()["id"]
    wait_until(lambda: items(dash), "the command")
    (found,) = items(dash)
    expected = {
        "id": number, "device": "plug.one", "changes": {"on": False}, "by": "Ada L. (api 127.0.0.1)",
        "ended": "pending", "ended_at": None, "note": "", "time": found["time"],
    }  # fmt: skip
    assert expected == found
    dash.hear("fleet/plug/one/state", {"on": False})
    wait_until(lambda: items(dash)[0]["ended"] == "confirmed", "the end")
    (found,) = items(dash)
    assert {**expected, "ended": "confirmed", "note": "the device says false"} == {**found, "ended_at": None}
    assert str(found["ended_at"]) >= str(found["time"])


def test_what_was_refused_and_what_was_not_sent_is_listed_too(dash: Served) -> None:
    """With the sentence that the answer had."""
    told = [dash.post(PATH, {"on": "yes"}, 422).json()["detail"]]
    dash.source.on_command(None)  # type: ignore[arg-type]  (nobody takes commands any more)
    told.append(dash.post(PATH, {"on": False}, 503).json()["detail"])
    wait_until(lambda: [i["ended"] for i in items(dash)] == ["not_sent", "refused"], "both ends")
    assert told[::-1] == [item["note"] for item in items(dash)]
    assert ["not_sent"] == [item["ended"] for item in items(dash, "?limit=1")]


def test_a_thread_that_fails_refuses(dash: Served) -> None:
    """What takes commands in this process may say that it cannot, by raising."""

    def jammed(_topic: str, _payload: bytes) -> None:
        raise RuntimeError("jammed")

    dash.source.on_command(jammed)
    dash.post(PATH, {"on": False})
    wait_until(lambda: items(dash) and items(dash)[0]["ended"] == "refused", "the end")
    assert "the thread that takes commands failed: RuntimeError: jammed" == items(dash)[0]["note"]


def test_a_device_of_an_earlier_run_has_its_list() -> None:
    """It is answered from the store, also what was left open then."""
    store = MemoryStore()
    store.commit(Batch(commanded=[CommandRecord("1", "plug.old", 1.8e9, {"on": True}, "ann")]))
    for dash in served(store=store):
        (found,) = dash.get("/api/v1/devices/plug.old/commands").json()["items"]
        assert "2027-01-15T08:00:00Z" == found["time"]
        wait_until(lambda: not store.unanswered(), "the end of what was left open")
        (found,) = dash.get("/api/v1/devices/plug.old/commands").json()["items"]
        assert ("timed_out", "Fleetglass was restarted before the device answered") == (
            found["ended"], found["note"],
        )  # fmt: skip


def test_what_cannot_be_told(dash: Served) -> None:
    """A device that was never heard of is a 404, a slip in the address a 422."""
    dash.get("/api/v1/devices/plug.none/commands", 404)
    for query in ("?limit=0", "?limit=501", "?last=5"):
        dash.get(PATH + query, 422)
    dash.post(f"{PATH}?by={'x' * 51}", {"on": True}, 422)
    assert [] == items(dash)


def test_an_unclaimed_device_has_a_list(dash: Served) -> None:
    """Nothing can be asked of it, and that is listed, under either spelling of its id."""
    dash.hear("attic/box", {"a": 1})
    for spelled in ("topic.attic%2Fbox", quote("topic.attic%2Fbox")):
        dash.post(f"/api/v1/devices/{spelled}/commands", {"a": 2}, 422)
        wait_until(lambda: dash.house.commanded("topic.attic%2Fbox"), "the command")
        assert dash.get(f"/api/v1/devices/{spelled}/commands").json()["items"]
