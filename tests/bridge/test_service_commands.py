"""Commands through the bridge as a whole: kept over a restart, listed at once, closed after a restore."""

from pathlib import Path

from bridge.commands import CommandRecord
from bridge.ledger import RESTARTED
from bridge.ports import Batch
from bridge.retention import StoreOptions
from bridge.stores.memory import MemoryStore
from bridge.stores.sqlite import SqliteStore, backup
from bridge.transports.thread import ThreadTransport
from tests.bridge.shelf import Shelf
from tests.bridge.test_service import running
from tests.servers import wait_until


def test_a_command_of_a_run_that_was_killed() -> None:
    """It was pending; the next run says that nobody waited for its answer, and confirms nothing."""
    source, store = ThreadTransport(), MemoryStore()
    with running(source, store=store) as bridge:
        source.on_command(lambda _topic, _payload: None)
        source.submit("fleet/lamp/a/state", {"on": False})
        wait_until(lambda: bridge.devices, "the lamp")
        number = bridge.command("lamp.a", {"on": True}, by="ann")
    assert [number] == [record.id for record in store.unanswered()]
    again = ThreadTransport()
    with running(again, store=store) as bridge:
        wait_until(lambda: not store.unanswered(), "the end")
        again.submit("fleet/lamp/a/state", {"on": True})
        wait_until(lambda: bridge.devices["lamp.a"].metrics["on"].value is True, "the lamp's word")
        assert [(number, "timed_out", RESTARTED)] == [
            (record.id, record.ended, record.note) for record in bridge.commanded("lamp.a")
        ]
        assert dict(bridge.devices["lamp.a"].commands) == {}


def test_commands_are_listed_before_the_store_has_them() -> None:
    """A store that cannot be written holds no list up; of all devices, the newest first, at most so many."""
    source, store = ThreadTransport(), Shelf(room=0)
    with running(source, store=store) as bridge:
        source.on_command(lambda _topic, _payload: None)
        for name in "ab":
            source.submit(f"fleet/lamp/{name}/state", {"on": False})
        wait_until(lambda: len(bridge.devices) == 2, "the lamps")
        numbers = [bridge.command(f"lamp.{name}", {"on": True}, by="ann") for name in "aba"]
        wait_until(lambda: len(bridge.commanded(None)) == 3, "the commands")
        assert [] == list(store.commanded(None))
        assert numbers[::-1] == [record.id for record in bridge.commanded(None)]
        assert numbers[:1:-1] == [record.id for record in bridge.commanded(None, limit=1)]
        assert ["pending", "replaced"] == [record.ended for record in bridge.commanded("lamp.a")]
        store.room = None


def test_a_restored_backup_leaves_no_command_open(tmp_path: Path) -> None:
    """What was pending when the backup was made has ended by now; what is asked since stays open."""
    store = SqliteStore(tmp_path / "house.db", StoreOptions())
    store.open()
    store.commit(Batch(commanded=[CommandRecord("1", "lamp.a", 1.8e9, {"on": True}, "ann")]))
    backup(store.path, tmp_path / "copy.db")
    with running(ThreadTransport(), store=store) as bridge:
        bridge.restore(tmp_path / "copy.db")
        assert [] == list(store.unanswered())
        assert ["timed_out"] == [record.ended for record in bridge.commanded(None)]
    store.close()
