"""Commands while the broker hangs, and over the end of the product."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bridge.ledger import RESTARTED, UNKNOWN
from tests.faults.balance import rows
from tests.faults.plant import Product
from tests.servers import LONG, PATIENCE, Mosquitto, send, wait_until

PATH = "/api/v1/devices/plug.one/commands"


def plugged(product: Product, broker: Mosquitto) -> None:
    """Start it, and let a plug say that it is on."""
    product.start()
    send(broker.port, "fleet/plug/one/state", b'{"on": true}')
    wait_until(lambda: product.ask("/api/v1/devices")["items"], "the plug")


def command(product: Product) -> tuple[int, Mapping[str, Any]]:
    """Ask the plug to be off: the code and the body of the answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{product.port}{PATH}",
        data=b'{"on": false}',
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - our own address
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def ends(product: Product) -> list[tuple[str, str, str]]:
    """Id, end and note of each command, newest first."""
    return [(item["id"], item["ended"], item["note"]) for item in product.ask(PATH)["items"]]


@pytest.mark.slow
def test_killed_while_a_command_is_pending(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """Once it is kept, it is there after a kill -9, as one whose answer nobody waited for."""
    product = new_product(broker.url)
    plugged(product, broker)
    number = command(product)[1]["id"]
    wait_until(lambda: rows(product.store, "SELECT 1 FROM commanded"), "the command to be kept")
    product.kill()
    product.start()
    wait_until(lambda: ends(product)[0][1] != "pending", "the end")
    assert [(number, "timed_out", RESTARTED)] == ends(product)


@pytest.mark.slow
def test_commands_to_a_frozen_broker(broker: Mosquitto, new_product: Callable[..., Product]) -> None:
    """The first one times out, as nobody knows whether it was delivered; then none is sent any more."""
    product = new_product(broker.url)
    plugged(product, broker)
    broker.freeze()
    code, answer = command(product)
    assert 202 == code
    timed_out = (answer["id"], "timed_out", f"no answer within 5 s{UNKNOWN}")
    wait_until(lambda: timed_out in ends(product), "the time-out", LONG)
    wait_until(lambda: command(product)[0] == 503, "a command to be refused", LONG)
    assert "has not acknowledged anything for" in command(product)[1]["detail"]
    wait_until(lambda: ends(product)[0][1] == "not_sent", "what was not sent")
    broker.thaw()
    wait_until(lambda: command(product)[0] == 202, "commands to go out again", LONG)
    send(broker.port, "fleet/plug/one/state", b'{"on": false}')
    wait_until(lambda: ends(product)[0][1] == "confirmed", "the confirmation")
