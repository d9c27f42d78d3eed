"""Messages from threads of this process: what `submit` takes, and where commands go."""

from collections.abc import Sequence

import pytest

from bridge.errors import NotConnected
from bridge.transports.thread import ThreadTransport
from schemas.message import RawMessage


def test_submit_tells_whether_it_was_taken() -> None:
    """Submitting is False before the start and after the stop, and True between; it does not raise."""
    transport = ThreadTransport()
    answers = [transport.submit("t", b"")]
    transport.start(lambda _: True, lambda _: None)
    answers.append(transport.submit("t", b""))
    transport.stop()
    answers.append(transport.submit("t", b""))
    assert answers == [False, True, False]


def test_while_paused_nothing_is_taken() -> None:
    """After deliver said False the message is the thread's own again, until `resume`."""
    got: list[bytes] = []
    transport = ThreadTransport()

    def deliver(messages: Sequence[RawMessage]) -> bool:
        got.extend(message.payload for message in messages)
        return len(got) > 1

    transport.start(deliver, lambda _: None)
    answers = [transport.submit("t", b"1"), transport.submit("t", b"2")]
    transport.resume()
    answers += [transport.submit("t", b"3"), transport.submit("t", b"4")]
    assert ([True, False, True, True], [b"1", b"3", b"4"]) == (answers, got)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"raw", b"raw"),
        ("21 °C", "21 °C".encode()),
        ("\udcff", b"\xed\xb3\xbf"),
        ({"a": 1.5, "b": None}, b'{"a":1.5,"b":null}'),
        ({"a": float("nan")}, b'{"a":NaN}'),
    ],
)
def test_submit_encodes(payload: bytes | str | dict[str, object], expected: bytes) -> None:
    """Text goes as UTF-8 and mappings as JSON; wrong values pass, to be quarantined where people see it."""
    got: list[RawMessage] = []
    transport = ThreadTransport()
    transport.start(lambda messages: got.extend(messages) or True, lambda _: None)
    transport.submit("t", payload)
    assert [expected] == [m.payload for m in got]


@pytest.mark.parametrize("payload", [{"a": object()}, {"a": {1, 2}}, 3, None])
def test_submit_refuses_what_cannot_be_encoded(payload: object) -> None:
    """A payload that has no JSON is a TypeError that names the topic, started or not."""
    with pytest.raises(TypeError, match="fleet/x"):
        ThreadTransport().submit("fleet/x", payload)  # type: ignore[arg-type]


def test_command_without_a_handler_is_refused() -> None:
    """Without on_command nobody would hear the command."""
    transport = ThreadTransport()
    transport.start(lambda _: True, lambda _: None)
    with pytest.raises(NotConnected):
        transport.publish("command/x", b"")


def test_failing_command_handler_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the handler is not the publisher's."""
    transport = ThreadTransport()
    transport.on_command(lambda _topic, _payload: int("made to fail"))  # type: ignore[arg-type]
    transport.start(lambda _: True, lambda _: None)
    transport.publish("command/x", b"")
    assert "made to fail" in caplog.text
