"""A bridge whose devices are named, retired and taken back: in its config file, and by hand in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.broadcast import Subscription
from bridge.config_file import ConfigFile
from bridge.errors import LabelRefused, SettingsError
from bridge.labels import Label
from bridge.ports import Selection
from bridge.service import Bridge, Plan
from bridge.stores.memory import MemoryStore
from bridge.transports.thread import ThreadTransport
from schemas.catalog import shipped_kinds
from tests.servers import wait_until

PLUG = "fleet/plug/tv/state"
KINDS = shipped_kinds()


class House:
    """A running bridge with a config file, and one who listens."""

    def __init__(self, path: Path | None, labels: dict[str, Label] | None = None) -> None:
        self.source, self.store = ThreadTransport(), MemoryStore()
        config = None if path is None else ConfigFile(path)
        self.bridge = Bridge(Plan(KINDS, [self.source], self.store, labels or {}, config=config))
        self.listening: Subscription = self.bridge.broadcast.subscribe()

    def say(self, **values: object) -> None:
        """The plug's word."""
        assert self.source.submit(PLUG, {"on": True, **values})
        wait_until(lambda: "plug.tv" in self.bridge.devices, "the plug")
        wait_until(lambda: self.listening.take() is not None, "its frame")

    @property
    def label(self) -> Label:
        """The plug's."""
        return self.bridge.label(self.bridge.devices["plug.tv"])

    def told(self) -> None:
        """Wait until who listens is told of the plug."""

        def comes() -> bool:
            frame = self.listening.take()
            return frame is not None and "plug.tv" in [device.id for device in frame.devices]

        wait_until(comes, "the plug to be told of")


@contextmanager
def living(path: Path | None, labels: dict[str, Label] | None = None) -> Iterator[House]:
    """A house, ended at the end."""
    house = House(path, labels)
    house.bridge.start()
    try:
        yield house
    finally:
        house.bridge.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a config would be."""
    return tmp_path / "fleetglass.toml"


def test_a_name_is_shown_told_and_kept(path: Path) -> None:
    """At once, to everybody who listens, and at the next start."""
    with living(path) as house:
        house.say()
        house.bridge.relabel("plug.tv", name=" Fernseher ", place="Wohnzimmer")
        assert Label("Fernseher", "Wohnzimmer") == house.label
        house.told()
    with living(path) as again:
        again.say()
        assert Label("Fernseher", "Wohnzimmer") == again.label
        again.bridge.relabel("plug.tv", name=None, place="")
        assert Label() == again.label


def test_a_person_goes_before_the_device(path: Path) -> None:
    """Who renames a device that announces a name sees his own, and the device's is known."""
    with living(path) as house:
        house.say(name="TV-4711", place="Den")
        assert Label("TV-4711", "Den", own_name="TV-4711", own_place="Den") == house.label
        house.bridge.relabel("plug.tv", name="Fernseher", place="Den")
        found = house.label
        assert ("Fernseher", "Den", "TV-4711", True) == (
            found.name, found.place, found.own_name, found.override,
        )  # fmt: skip
        assert '[devices."plug.tv"]\nname = "Fernseher"\noverride = true\n' == path.read_text()
        house.bridge.relabel("plug.tv", name="", place="")
        assert Label("TV-4711", "Den", own_name="TV-4711", own_place="Den") == house.label


def test_a_retired_device_is_told_as_such_and_kept(path: Path) -> None:
    """What it says goes on to be history; it can be taken back."""
    with living(path) as house:
        house.say()
        house.bridge.retire("plug.tv", retired=True)
        assert house.label.retired
        house.told()
        kept = house.store.count(Selection("plug.tv"))
        house.say(power=3.5)
        wait_until(lambda: house.store.count(Selection("plug.tv")) > kept, "its words to be kept")
        house.bridge.retire("plug.tv", retired=False)
        assert not house.label.retired


def test_what_is_no_name_is_refused(path: Path) -> None:
    """With what a name is; the file is not touched."""
    with living(path) as house:
        house.say()
        with pytest.raises(LabelRefused, match="name: expected at most 100 characters"):
            house.bridge.relabel("plug.tv", name="x" * 101, place=None)
    assert not path.exists()


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """The person is told, and the name stays what it was."""
    with living(tmp_path / "gone" / "fleetglass.toml", {"plug.tv": Label("TV")}) as house:
        house.say()
        with pytest.raises(SettingsError, match="cannot be written"):
            house.bridge.relabel("plug.tv", name="Fernseher", place=None)
        assert Label("TV") == house.label


def test_without_a_file_it_holds_until_the_end() -> None:
    """A bridge in somebody's own program needs no config."""
    with living(None, {"lamp.a": Label("A")}) as house:
        house.say()
        house.bridge.relabel("plug.tv", name="Fernseher", place=None)
        assert (Label("Fernseher"), Label("A")) == (house.label, house.bridge.labels["lamp.a"])
        house.told()


def test_a_change_by_hand_is_taken_in(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While it runs; a file that is not valid meanwhile is said once, and changes nothing."""
    path.write_text('[devices."plug.tv"]\nname = "TV"\n', encoding="utf-8")
    with living(path) as house:
        house.say()
        assert Label("TV") == house.label
        path.write_text('[devices."plug.tv"]\nname = "Television"\n', encoding="utf-8")
        wait_until(lambda: house.label == Label("Television"), "the new name")
        house.told()
        path.write_text('[devices."plug.tv"]\nname = 7\n', encoding="utf-8")
        wait_until(lambda: "names and places stay as they were" in caplog.text, "the line")
        assert Label("Television") == house.label
        path.write_text('[devices."plug.tv"]\nretired = true\n', encoding="utf-8")
        wait_until(lambda: house.label == Label(retired=True), "what is valid again")
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert 1 == len(lines)
    assert "name: expected a text in quotes, got 7" in lines[0].getMessage()
