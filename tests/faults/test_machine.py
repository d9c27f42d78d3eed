"""Faults in any order, on a real broker and a real bridge: at the end everything is there, once."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import integers, sampled_from

from tests.faults.balance import drain, tell
from tests.faults.plant import CLIENT, Bare, shipped_broker
from tests.faults.publisher import Publisher, held_for
from tests.servers import LONG, needs, wait_until

FULL = 4_096
"""Bytes that a file may have on a full disk, which is less than any of ours has."""


class Plant(RuleBasedStateMachine):
    """A broker, a bridge, and what happens to them."""

    def __init__(self) -> None:
        super().__init__()
        self.ending = ExitStack()
        folder = Path(self.ending.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self.broker = shipped_broker(folder)
        self.broker.start()
        self.ending.callback(self.broker.stop)
        self.bridge = Bare(folder, self.broker.url, keepalive=1)
        self.ending.callback(self.bridge.end)
        self.bridge.start()
        self.publisher = Publisher(self.broker.port)
        self.running, self.frozen, self.full = True, False, False
        self.happened: list[str] = []

    @rule(count=integers(1, 1_500))
    def publish(self, count: int) -> None:
        """Some more are to be published, by and by."""
        self._begin(count)

    @rule(seconds=sampled_from([0.02, 0.2]))
    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    @precondition(lambda self: self.running)
    @rule(count=integers(100, 3_000))
    def kill_bridge(self, count: int) -> None:
        self._happens("kill", count)
        self.bridge.kill()
        self.running = self.full = False

    @precondition(lambda self: self.running and not self.full)
    @rule(count=integers(100, 3_000))
    def stop_bridge(self, count: int) -> None:
        self._happens("stop", count)
        self.bridge.stop()
        self.running = False

    @precondition(lambda self: not self.running)
    @rule()
    def start_bridge(self) -> None:
        self.bridge.start(wait=False)
        self.running = True

    @precondition(lambda self: not self.frozen)
    @rule(count=integers(100, 3_000))
    def freeze_broker(self, count: int) -> None:
        self._happens("freeze", count)
        self.broker.freeze()
        self.frozen = True

    @precondition(lambda self: self.frozen)
    @rule()
    def thaw_broker(self) -> None:
        self.broker.thaw()
        self.frozen = False

    @precondition(lambda self: not self.frozen)
    @rule(count=integers(100, 3_000))
    def restart_broker(self, count: int) -> None:
        self._happens("restart", count)
        self.broker.stop()
        self.broker.start()

    @precondition(lambda self: self.running and not self.full)
    @rule(count=integers(100, 3_000))
    def fill_disk(self, count: int) -> None:
        # Once it runs: with a full disk it would not start at all.
        self.bridge.status()
        self._happens("full", count)
        self.bridge.limit_files(FULL)
        self.full = True

    @precondition(lambda self: self.full)
    @rule()
    def make_room(self) -> None:
        self.bridge.limit_files(None)
        self.full = False

    def teardown(self) -> None:
        """Heal everything, let it come to rest, and count."""
        with self.ending:
            if self.frozen:
                self.thaw_broker()
            if self.full:
                self.make_room()
            if not self.running:
                self.start_bridge()
            self.bridge.connected()
            self.publisher.finish()
            found = drain(self.publisher, self.bridge.store)
            tell(f"any order ({' '.join(self.happened) or 'no fault'})", found.figures)
            assert (0, 0) == (found.lost, found.repeated)
            assert 0 == self.bridge.stop()
            assert [] == held_for(self.broker, CLIENT)

    def _begin(self, count: int) -> None:
        if self.publisher.over:
            self.publisher.finish()
            self.publisher.begin(count)

    def _happens(self, what: str, count: int) -> None:
        """A fault, while messages are on their way."""
        self.happened.append(what)
        self._begin(count)
        if not self.frozen:
            so_far = self.publisher.begun
            wait_until(lambda: self.publisher.over or self.publisher.begun > so_far, "messages to flow", LONG)


@pytest.mark.slow
def test_any_order() -> None:
    """Whatever happens in whatever order, what the broker has acknowledged is kept, each once."""
    needs("mosquitto")
    run_state_machine_as_test(
        Plant,
        settings=settings(
            max_examples=10,
            stateful_step_count=14,
            # A failure is told as it was found: to make it smaller would take longer than to read it.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
