"""Changes of people's own pages, saved beside the loop; who asked for one is told if it was refused."""

import threading
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from bridge.errors import BoardError
from dashboard.aside import Found
from dashboard.boards import Board
from dashboard.boards.folder import Change
from dashboard.card import Who
from dashboard.house import House

BOARDS = "boards"
"""What is announced when any page has changed."""
_numbers = count()
_turn = threading.Lock()
T = TypeVar("T")


def tag_of(name: str) -> str:
    """What is announced when this page has changed."""
    return f"board/{name}"


def _nothing() -> None:
    return None


def edit(  # noqa: PLR0913  (what a change consists of)
    house: House,
    who: Who,
    name: str,
    change: Change,
    done: Callable[[], None] = _nothing,
    *,
    refused: Callable[[], None] = _nothing,
) -> None:
    """Change a page as it is known now. `done` is called when it is saved, `refused` when it was not."""

    def work() -> Board:
        # Between the look and the change nothing of ours comes: quick clicks all count.
        with _turn:
            board = house.boards.get(name)
            if board is None:
                raise BoardError(f"{name}: there is no such page; look again")
            return house.boards.edit(name, board.revision, change)

    _do(house, who, work, name, lambda _board: done(), refused)


def create(house: House, who: Who, title: str, done: Callable[[str], None]) -> None:
    """A new page; `done` gets its name."""
    _do(house, who, lambda: house.boards.create(title), "", done)


def remove(house: House, who: Who, name: str, done: Callable[[str], None]) -> None:
    """Take a page away; `done` gets the name that its file has from then on."""
    _do(house, who, lambda: house.boards.remove(name), name, done)


def _do(  # noqa: PLR0913, PLR0917  (what a change consists of)
    house: House,
    who: Who,
    work: Callable[[], T],
    name: str,
    done: Callable[[T], None],
    refused: Callable[[], None] = _nothing,
) -> None:
    def then(found: Found[T]) -> None:
        # Refused or not: what is known of the file now is shown.
        house.aside.announce({BOARDS, tag_of(name)})
        if found.fault or found.value is None:
            say = who.reader.say
            who.tell(say("Not saved: {why}", why=who.reader.told(found.fault)))
            refused()
        else:
            done(found.value)

    house.aside.do(f"page change {next(_numbers)}", work, then)
