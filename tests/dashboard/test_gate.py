"""A name that is not the dashboard's is refused in the shape of all errors, and nobody's log is filled."""

import json
import logging
import socket
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.dashboard.served import Served, served

DETAIL = "'evil.example' is not a host of this dashboard; if it should be, add it to [web] origins"


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard whose source is up."""
    yield from served()


@pytest.mark.parametrize("path", ["/", "/api/v1/devices", "/nowhere"])
def test_another_host_is_told_what_to_do(dash: Served, path: str) -> None:
    """421 in JSON, with a detail that is one sentence."""
    assert {"detail": DETAIL} == dash.get(path, 421, host="evil.example").json()


def test_a_socket_for_another_host_is_told_the_same(dash: Served, caplog: pytest.LogCaptureFixture) -> None:
    """It is answered like any other request, and is no fault of ours that the log would tell."""
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(InvalidStatus) as refused:
                connect("ws://evil.example/ws", sock=socket.create_connection(("127.0.0.1", dash.port)))
            answer = refused.value.response
            assert (421, {"detail": DETAIL}) == (answer.status_code, json.loads(answer.body))
    assert [] == caplog.messages
