"""As whom we go to the broker. It is noted in the store, and stays when a backup is put in the store's place.

The broker holds messages for that session: as somebody else we would never be given them.
"""

from collections.abc import Mapping
from pathlib import Path

from bridge.ports import AFRESH, Batch, Store

CLIENT_ID = "client_id"
TOPICS = "topics"
"""A JSON list of the topic filters that this session was ever subscribed to."""


def identity(store: Store) -> Mapping[str, str]:
    """What is noted, by key."""
    notes = {key: store.note(key) for key in (CLIENT_ID, TOPICS)}
    return {key: text for key, text in notes.items() if text is not None}


def keep_identity(store: Store, notes: Mapping[str, str]) -> None:
    """Note it in a store that was just restored. By the writing thread.

    What the backup says was delivered last is void: its packet ids stand for other messages by now.
    """
    for key, text in notes.items():
        if store.note(key) != text:
            store.set_note(key, text)
    store.commit(Batch(receipts=[AFRESH]))


def restore(store: Store, file: Path) -> None:
    """Put a backup in the place of an open store, as whoever we are. By the writing thread.

    Raises `StoreError`.
    """
    notes = identity(store)
    store.restore(file)
    keep_identity(store, notes)
