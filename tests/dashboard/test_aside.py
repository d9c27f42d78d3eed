"""What waits for the disk is done beside the loop, and shown when it is there."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable

import pytest

from dashboard import aside as module
from dashboard.aside import Aside, Found, tag
from tests.dashboard.stage import until

Act = Callable[[Aside, "Ear"], Awaitable[None]]


class Ear:
    """Hears what is announced."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def announce(self, tags: Iterable[str]) -> None:
        self.heard += tags


def play(act: Act) -> None:
    """Run a test with an aside of its own."""

    async def run() -> None:
        ear = Ear()
        aside = Aside(ear.announce)
        async with asyncio.timeout(30):
            await act(aside, ear)
        aside.close()

    asyncio.run(run())


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between two readings."""
    monkeypatch.setattr(module, "PACE", 0.0)
    monkeypatch.setattr(module, "SHARE", 0)
    monkeypatch.setattr(module, "PACE_AFTER_FAULT", 0.0)


def test_a_look_does_not_wait() -> None:
    """What is not read yet is None; it is announced once it is there, and then it is told at once."""

    async def act(aside: Aside, ear: Ear) -> None:
        go = threading.Event()

        def work() -> str:
            go.wait()
            return threading.current_thread().name

        assert None is aside.look("a", 1, work)
        assert None is aside.look("a", 1, work)
        assert [] == ear.heard
        go.set()
        await until(lambda: ear.heard, "the announcement")
        found = aside.look("a", 1, work)
        assert found is not None
        assert found.value is not None
        assert found.value.startswith("aside")
        assert [tag("a")] == ear.heard

    play(act)


@pytest.mark.usefixtures("at_once")
def test_what_changed_meanwhile_is_read_again() -> None:
    """A new version is read anew, the old one shown meanwhile; also one that came during a reading."""

    async def act(aside: Aside, ear: Ear) -> None:
        version = 1
        go = threading.Event()

        def work() -> int:
            seen = version
            go.wait()
            return seen

        aside.look("a", version, work)
        await asyncio.sleep(0.01)
        version = 2
        go.set()
        await until(lambda: ear.heard, "the first reading")
        go.clear()
        assert Found(1) == aside.look("a", version, work)
        assert Found(1) == aside.look("a", version, work)
        go.set()
        await until(lambda: len(ear.heard) == 2, "the second reading")
        assert Found(2) == aside.look("a", version, work)

    play(act)


def test_readings_of_the_same_keep_a_distance() -> None:
    """However often something changes, it is read once and then, after a pause, once more."""

    async def act(aside: Aside, ear: Ear) -> None:
        read: list[int] = []
        aside.look("a", 0, lambda: read.append(0))
        await until(lambda: len(ear.heard) == 1, "the first reading")
        for version in range(1, 100):
            aside.look("a", version, lambda: read.append(1))
            await asyncio.sleep(0)
        assert [0] == read
        await until(lambda: len(ear.heard) == 2, "the reminder")
        aside.look("a", 100, lambda: read.append(2))
        await until(lambda: len(ear.heard) == 3, "the second reading")
        assert [0, 2] == read

    play(act)


@pytest.mark.usefixtures("at_once")
def test_a_reading_that_fails_is_told_and_tried_again() -> None:
    """The fault is there in one line, beside the value of before; with the next look it is tried again."""

    async def act(aside: Aside, ear: Ear) -> None:
        fails = False

        def work() -> str:
            if fails:
                raise OSError("the disk\n is away")
            return "read"

        aside.look("a", 1, work)
        await until(lambda: len(ear.heard) == 1, "the reading")
        fails = True
        aside.look("a", 2, work)
        await until(lambda: aside.look("a", 2, work) == Found("read", "the disk is away"), "the fault")
        fails = False
        await until(lambda: aside.look("a", 2, work) == Found("read"), "the reading after it")

    play(act)


@pytest.mark.usefixtures("at_once")
def test_a_reading_that_goes_on_failing_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """When it begins to fail, and when it works again, however often it is tried between."""
    caplog.set_level(logging.INFO, "dashboard.aside")

    async def act(aside: Aside, ear: Ear) -> None:
        faults = ["away", "away", "still away", "", "", "away again"]
        tries = 0

        def work() -> None:
            nonlocal tries
            fault, tries = faults[tries], tries + 1
            if fault:
                raise OSError(fault)

        for version, _ in enumerate(faults, start=1):
            await until(lambda version=version: aside.look("a", version, work) and tries >= version, "a try")
            await until(lambda version=version: len(ear.heard) >= version, "its end")

    play(act)
    assert [
        ("WARNING", "'a' cannot be read: away"),
        ("INFO", "'a' can be read again"),
        ("WARNING", "'a' cannot be read: away again"),
    ] == [(record.levelname, record.getMessage()) for record in caplog.records]


def test_the_same_is_done_once_at_a_time() -> None:
    """While it is under way that is to be seen, and a second is refused; what came of it is handed over."""

    async def act(aside: Aside, ear: Ear) -> None:
        go = threading.Event()
        came: list[Found[bool]] = []
        assert aside.do("a", go.wait, came.append)
        assert (True, False) == (aside.busy("a"), aside.busy("b"))
        assert not aside.do("a", go.wait, came.append)
        go.set()
        await until(lambda: came, "the end")
        assert [Found(value=True)] == came
        assert not aside.busy("a")
        assert [tag("a"), tag("a")] == ear.heard

    play(act)


def test_work_that_fails_and_an_end_that_fails_end_nothing_else() -> None:
    """An error is told as a fault; an error in telling it is logged, and the next work goes on."""

    async def act(aside: Aside, _ear: Ear) -> None:
        came: list[Found[None]] = []

        def fail() -> None:
            raise ValueError("no")

        def tell(found: Found[None]) -> None:
            came.append(found)
            raise RuntimeError("nobody is there")

        for _ in range(2):
            await until(lambda: aside.do("a", fail, tell), "its turn")
        await until(lambda: len(came) == 2, "both ends")
        assert [Found(None, "no")] * 2 == came

    play(act)


def test_what_is_remembered_is_bounded() -> None:
    """Of more names than are kept, those go that nobody has asked for the longest."""

    async def act(aside: Aside, ear: Ear) -> None:
        for number in range(module.KEPT + 10):
            aside.look(f"n{number}", 1, lambda: None)
            await until(lambda number=number: len(ear.heard) == number + 1, "the reading")
        assert None is aside.look("n0", 1, lambda: None)
        assert None is not aside.look(f"n{module.KEPT + 9}", 1, lambda: None)

    play(act)
