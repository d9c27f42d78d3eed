"""What was published against what was kept: read from the store's file by plain SQL, whoever wrote it."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.faults.publisher import Publisher
from tests.servers import LONG, wait_until

NUMBER = re.compile(rb'"energy": ?(\d+)')
READINGS = """
SELECT CAST(reading.value AS INTEGER), count(*) FROM reading JOIN series ON series.id = reading.series
WHERE series.metric = 'energy' GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """How many messages the broker acknowledged; how many of them are kept; and kept more than once.

    `unasked`: kept although the publisher never heard that the broker had taken it.
    """

    published: int
    stored: int
    quarantined: int
    lost: int
    repeated: int
    unasked: int = 0

    @property
    def figures(self) -> str:
        """One line of them."""
        return (
            f"published {self.published}, lost {self.lost}, repeated {self.repeated}; stored {self.stored}, "
            f"quarantined {self.quarantined}"
            + (f", unanswered but kept {self.unasked}" if self.unasked else "")
        )


def stored(*stores: Path) -> Counter[int]:
    """How often each number is kept as a reading."""
    return _counted(stores, READINGS)


def quarantined(*stores: Path) -> Counter[int]:
    """How often each number is kept in the quarantine, or as an unread message."""
    found: Counter[int] = Counter()
    for store in stores:
        for query in ("SELECT payload FROM quarantine", "SELECT payload FROM unread"):
            for (payload,) in rows(store, query):
                number = NUMBER.search(bytes(payload))
                if number is not None:
                    found[int(number[1])] += 1
    return found


def balance(publisher: Publisher, *stores: Path) -> Balance:
    """The balance of what one publisher published and one or more stores kept."""
    readings, refused = stored(*stores), quarantined(*stores)
    kept = readings + refused
    return Balance(
        published=len(publisher.acknowledged),
        stored=len(readings),
        quarantined=len(refused),
        lost=sum(1 for number in publisher.acknowledged if number not in kept),
        repeated=sum(kept.values()) - len(kept),
        unasked=sum(1 for number in kept if number in publisher.unanswered),
    )


def drain(publisher: Publisher, *stores: Path) -> Balance:
    """The balance once all has come through: a last message is, and the broker keeps the order."""
    before = set(publisher.acknowledged)
    publisher.publish(1)
    last = max(publisher.acknowledged - before)
    wait_until(lambda: last in stored(*stores) + quarantined(*stores), f"message {last} to be kept", LONG)
    return balance(publisher, *stores)


def rows(store: Path, query: str) -> list[tuple[object, ...]]:
    """The answer of a store's file; nothing while there is no such file."""
    if not store.exists():
        return []
    with closing(sqlite3.connect(f"file:{store}?mode=rw", uri=True, timeout=LONG)) as db:
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def kept(store: Path) -> int:
    """How many readings there are of all numbers; cheap enough to be waited for."""
    found = rows(
        store, "SELECT count(*) FROM reading JOIN series ON series.id = series WHERE metric = 'energy'"
    )
    return int(str(found[0][0])) if found else 0


def tell(fault: str, figures: str) -> None:
    """Print a line of figures: `make test ARGS="-n 0 -s -k faults"` shows them."""
    print(f"\nfaults: {fault}: {figures}")  # noqa: T201 - what it is for


def _counted(stores: Iterable[Path], query: str) -> Counter[int]:
    found: Counter[int] = Counter()
    for store in stores:
        for number, count in rows(store, query):
            found[int(str(number))] += int(str(count))
    return found
