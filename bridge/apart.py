"""Taking a load apart whose batch the store cannot hold: what is wrong with it ends in quarantine."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bridge.load import Load
from bridge.ports import Batch, Receipt, Store
from bridge.quarantine import quarantine
from bridge.receipts import digest_of
from schemas.message import Rejected

log = logging.getLogger(__name__)

UNSTORABLE = (ArithmeticError, LookupError, TypeError, ValueError)
"""Errors that speak of the batch and not of the store: a value that no store can hold."""
LEFT_OUT = Rejected("internal_error", "a fault of ours: the store could not hold its readings, see the log")

Step: TypeAlias = Callable[[Store, Load], tuple[Load, int]]
"""The load without something that may be unstorable, and how many readings became new meanwhile."""


def without_records(store: Store, load: Load) -> tuple[Load, int]:
    """Commit each record that the store can hold by itself, with its receipt.

    May be begun again after a failure in the middle, since a store keeps the same reading once.
    """
    new = 0
    refused = []
    receipts = frozenset(load.batch.receipts)
    unread = frozenset(message for _, message in load.batch.unread)
    for record, message in zip(load.batch.records, load.messages, strict=True):
        receipt = Receipt(message.packet_id, digest_of(message))
        # A message is known by its receipt when all of it is kept.
        known = [receipt] if receipt in receipts and message not in unread else []
        try:
            new += store.commit(Batch(records=[record], receipts=known))
        except UNSTORABLE:
            log.exception("our fault: the store cannot hold the readings of %s", ascii(record.device_id))
            refused.append(quarantine(message, LEFT_OUT))
    batch = replace(load.batch, records=(), quarantined=[*load.batch.quarantined, *refused])
    return replace(load, batch=batch, messages=()), new


def without_states(_store: Store, load: Load) -> tuple[Load, int]:
    """States and pictures come again with the next word of each device."""
    return replace(load, batch=replace(load.batch, devices=(), heard=(), commanded=(), pictures=())), 0


def in_ascii(_store: Store, load: Load) -> tuple[Load, int]:
    """All messages in quarantine, their texts without what no encoding knows."""
    batch = load.batch
    entries = [*batch.quarantined, *(quarantine(message, LEFT_OUT) for _, message in batch.unread)]
    plain = [
        replace(entry, topic=ascii(entry.topic)[1:-1], detail=ascii(entry.detail)[1:-1], field="")
        for entry in entries
    ]
    return replace(load, batch=replace(batch, unread=(), quarantined=plain)), 0


STEPS: Sequence[Step] = (without_records, without_states, in_ascii)
"""Tried in turn, each on what the one before has left."""
