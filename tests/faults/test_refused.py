"""The broker does not let the product in, or is not the one that it should be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.balance import tell
from tests.faults.plant import ROOT, Product
from tests.servers import LONG, Mosquitto, certificates, free_port, passwords, wait_until

RIGHT, WRONG = "correct-horse-battery", "wrong-staple-of-words"
USER = 'username = "fleetglass"\npassword_file = "password"\ntls_ca_file = "ca.crt"\n'


@dataclass(frozen=True, slots=True)
class Secure:
    """A broker with the TLS listener of the shipped configuration, and its port."""

    broker: Mosquitto
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}"

    @property
    def visits(self) -> int:
        """How many connections have come to the listener: one that fails early is told of in other words."""
        log = self.broker.log
        return log.count(f"on port {self.port}.") + log.count("Client connection from 127.0.0.1 failed")


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Callable[..., Secure]]:
    """Makes and starts a broker whose certificate is valid for so many days."""
    made: list[Secure] = []

    def make(days: int = 2) -> Secure:
        folder = tmp_path / "data"
        folder.mkdir()
        certificates(folder, days=days)
        passwords(folder / "mosquitto.passwd", "fleetglass", RIGHT)
        port = free_port()
        text = (ROOT / "mosquitto.conf").read_text(encoding="utf-8")
        text = text.replace("listener 1883 ", "listener PORT ").replace("#listener 8883", f"listener {port}")
        broker = Mosquitto(tmp_path, re.sub(r"^#(?=[a-z])", "", text, flags=re.MULTILINE))
        broker.start()
        made.append(Secure(broker, port, tmp_path))
        return made[-1]

    yield make
    for secure in made:
        secure.broker.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "password", "authority", "days", "why"),
    [
        (
            "wrong password",
            WRONG,
            "own",
            2,
            "not authorised (the broker refused this user name and password)",
        ),
        ("wrong CA", RIGHT, "other", 2, "certificate"),
        ("expired certificate", RIGHT, "own", -1, "certificate has expired"),
    ],
)
def test_refused(  # noqa: PLR0913 - what differs, and what it happens to
    secured: Callable[..., Secure],
    new_product: Callable[..., Product],
    *,
    fault: str,
    password: str,
    authority: str,
    days: int,
    why: str,
) -> None:
    """One clear line for many tries, nothing secret in it, and the product runs on."""
    secure = secured(days)
    other = secure.folder / "other"
    other.mkdir()
    certificates(other)
    trusted = (secure.folder / "data" if authority == "own" else other) / "ca.crt"
    (secure.folder / "ca.crt").write_bytes(trusted.read_bytes())
    (secure.folder / "password").write_text(f"{password}\n")
    product = new_product(secure.url, broker=USER)
    product.start(wait=False)
    wait_until(lambda: secure.visits >= 3, "three tries", LONG)
    wait_until(lambda: "not connected" in product.log, "the product to say so")
    told = [line.partition("mqtt: ")[2] for line in product.log.splitlines() if "WARNING" in line]
    tell(fault, f"{secure.visits} tries; said: {'; '.join(told)}")
    assert 1 == len(told)
    assert why in told[0]
    health = product.health()
    assert ("degraded", False) == (health["status"], health["broker_connected"])
    said = product.log + str(health)
    assert [] == [secret for secret in (RIGHT, WRONG, "Traceback") if secret in said]
    assert 0 == product.stop()


@pytest.mark.slow
def test_let_in(secured: Callable[..., Secure], new_product: Callable[..., Product]) -> None:
    """With everything right it is let in: the refusals above are due to what is wrong in each."""
    secure = secured()
    (secure.folder / "ca.crt").write_bytes((secure.folder / "data" / "ca.crt").read_bytes())
    (secure.folder / "password").write_text(f"{RIGHT}\n")
    product = new_product(secure.url, broker=USER)
    product.start()
    assert "ok" == product.health()["status"]
