"""Recognises what was delivered before, by the broker's word or the device's own. Pure."""

from collections.abc import Iterable
from zlib import crc32

from bridge.ports import AFRESH, RECEIPTS_KEPT, Receipt
from schemas.message import RawMessage

SEQUENCES_KEPT = 32_767


class Receipts:
    """What one transport delivered last.

    A message is a redelivery if the broker says that it may have sent it before (DUP), and a message of the
    same packet id, topic and payload is among the last `RECEIPTS_KEPT`. A broker counts packet ids up, so
    that the same id cannot stand for another message among so few.
    """

    def __init__(self, kept: Iterable[Receipt] = ()) -> None:
        self._known: dict[int, tuple[int, int]] = {}
        self._number = 0
        for receipt in kept:
            self.add(receipt)

    def add(self, receipt: Receipt) -> None:
        """Remember a delivery."""
        if receipt == AFRESH:
            self.forget()
            return
        self._number += 1
        self._known[receipt.packet_id] = (receipt.digest, self._number)

    def repeated(self, receipt: Receipt) -> bool:
        """Whether it was delivered before, given that the broker says that it may have been."""
        digest, number = self._known.get(receipt.packet_id, (None, 0))
        return digest == receipt.digest and self._number - number < RECEIPTS_KEPT

    def forget(self) -> None:
        """The broker has no session of ours: it will deliver nothing again, and count anew."""
        self._known.clear()


class Sequences:
    """The last messages that carried the device's own number, `SEQUENCES_KEPT` of all devices together.

    The same number with another content is another message: the device has begun to count anew.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int] = {}

    def repeated(self, device_id: str, sequence: int, digest: int) -> bool:
        """Whether this message came before; it is remembered."""
        key = (device_id, sequence)
        if self._known.get(key) == digest:
            return True
        self._known.pop(key, None)
        self._known[key] = digest
        if len(self._known) > SEQUENCES_KEPT:
            del self._known[next(iter(self._known))]
        return False

    def forget(self, device_id: str) -> None:
        """Whatever it says next was not said before."""
        for key in [key for key in self._known if key[0] == device_id]:
            del self._known[key]


def digest_of(message: RawMessage) -> int:
    """A checksum of topic and payload."""
    return crc32(message.payload, crc32(message.topic.encode("utf-8", "surrogatepass")))
