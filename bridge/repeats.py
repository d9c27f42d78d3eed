"""What says nothing new: messages delivered or said before, and the echo of what we have cleared."""

from collections.abc import Iterable

from bridge.ports import AFRESH, Receipt
from bridge.receipts import Receipts, Sequences, digest_of
from schemas.message import RawMessage, Readings

CLEARED = 1_000
"""Forgotten devices of which an empty message is awaited, by which the broker says what we have cleared."""


class Repeats:
    """What came before, by transport and by device. Pure; bounds as in `Receipts`, `Sequences`, `CLEARED`."""

    def __init__(self) -> None:
        self._receipts: dict[int, Receipts] = {}
        self._sequences = Sequences()
        self._cleared: dict[str, bool] = {}

    def restore(self, receipts: Iterable[Receipt]) -> None:
        """Know what the first transport delivered before our start."""
        self._receipts[0] = Receipts(receipts)

    def receipt(self, raw: RawMessage, transport: int) -> Receipt | None:
        """The receipt of a message with a packet id, None where it was delivered before; it is remembered."""
        receipts = self._receipts.get(transport)
        if receipts is None:
            receipts = self._receipts[transport] = Receipts()
        receipt = Receipt(raw.packet_id, digest_of(raw))
        if raw.dup and receipts.repeated(receipt):
            return None
        receipts.add(receipt)
        return receipt

    def afresh(self, transport: int) -> Receipt:
        """The broker of a transport has no session of ours any more; the receipt that says so."""
        receipts = self._receipts.get(transport)
        if receipts is not None:
            receipts.forget()
        return AFRESH

    def said(self, raw: RawMessage, outcome: Readings) -> bool:
        """Whether the device says it again, by its own number."""
        number = outcome.sequence
        if raw.retained:
            # A retained copy may come before the message itself, which alone becomes history.
            return False
        return number is not None and self._sequences.repeated(outcome.device_id, number, digest_of(raw))

    def forget(self, device_id: str, *, cleared: bool) -> None:
        """Whatever a device says next is new; `cleared`: but for the empty message that we have sent."""
        self._sequences.forget(device_id)
        if cleared:
            self._cleared[device_id] = True
            if len(self._cleared) > CLEARED:
                del self._cleared[next(iter(self._cleared))]

    def echoes(self, device_id: str) -> bool:
        """Whether an empty message of a forgotten device is ours; the next one is not."""
        return self._cleared.pop(device_id, False)
