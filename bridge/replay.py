"""Tries refused messages again, after a kind was added or mended."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.ports import Batch, Record, Sought, Store, Unread
from bridge.quarantine import Quarantined, message_of
from bridge.record import kept_of
from schemas.catalog import Kinds
from schemas.decode import decode
from schemas.message import Rejected

PAGE = 200
"""Refused messages that are read, and committed, together."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of them: `tried` were decoded again, of which `passed` left the quarantine.

    `still_refused` counts the others by the reason of today. `cut` could not be tried, because they are not
    kept wholly.
    """

    tried: int = 0
    passed: int = 0
    still_refused: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0


def replay(
    store: Store,
    kinds: Kinds,
    keep: Callable[[Batch], object],
    *,
    dry_run: bool,
    ids: Sequence[int] | None = None,
) -> Replayed:
    """Decode what is in quarantine with the present kinds, as of the time it was received, oldest first.

    `keep` commits what passes, which leaves the quarantine in the same batch: with its readings, or with
    nothing where there is no history in it. A `dry_run` only counts. `ids`: only these.
    """
    refused: Counter[str] = Counter()
    tried = passed = cut = 0
    for page in _oldest_first(store, None if ids is None else frozenset(ids)):
        records: list[Record] = []
        unread: list[Unread] = []
        released: list[int] = []
        for entry in page:
            if entry.size > len(entry.payload):
                cut += 1
                continue
            tried += 1
            raw = message_of(entry)
            outcome = decode(raw, kinds)
            if isinstance(outcome, Rejected):
                refused[outcome.code] += 1
                continue
            record, whole = kept_of(raw, outcome)
            records += [record] if record is not None else []
            unread += [whole] if whole is not None else []
            released.append(entry.id)
        passed += len(released)
        if released and not dry_run:
            keep(Batch(records=records, unread=unread, released=released))
    return Replayed(tried, passed, dict(refused), cut)


def _oldest_first(store: Store, ids: Collection[int] | None) -> Iterator[Iterable[Quarantined]]:
    """Pages of the entries that are there now; a store tells only the newest first."""
    there = [entry.id for page in _newest_first(store) for entry in page if ids is None or entry.id in ids]
    there.reverse()
    for start in range(0, len(there), PAGE):
        page = there[start : start + PAGE]
        # Where only some are wanted, there may be any number of others between two of them.
        asked = [(page[-1], len(page))] if ids is None else [(wanted, 1) for wanted in page]
        found = [store.quarantined(Sought(before=last + 1, limit=limit)) for last, limit in asked]
        yield _among(frozenset(page), found)


def _among(wanted: Collection[int], pages: Iterable[Sequence[Quarantined]]) -> Iterable[Quarantined]:
    # What left the quarantine meanwhile lets an older one come in its place, maybe one that is asked for too.
    found = (entry for page in pages for entry in reversed(page) if entry.id in wanted)
    return {entry.id: entry for entry in found}.values()


def _newest_first(store: Store) -> Iterator[Sequence[Quarantined]]:
    before: int | None = None
    while page := store.quarantined(Sought(before=before, limit=PAGE)):
        yield page
        before = page[-1].id
