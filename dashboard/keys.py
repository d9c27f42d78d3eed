"""What keys do: `/` searches, `g` and a letter go to a page, `?` tells of them. Pure, told the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.card import Question
from dashboard.reader import Reader
from dashboard.views import Page

SOON = 1.5
"""Seconds in which the letter must follow the `g`."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a person wants who pressed a key: another page, the search, or help; or nothing."""

    route: str = ""
    search: bool = False
    help: bool = False


NOTHING = Pressed()


class Keys:
    """One person's keyboard. `letters` are those of the pages, each with its route."""

    def __init__(self, letters: Mapping[str, str]) -> None:
        self._letters = letters
        self._going_until = float("-inf")

    def press(self, key: str, now: float) -> Pressed:
        """He pressed a key without Ctrl, Alt or Meta, at `now` in monotonic seconds."""
        going, self._going_until = now < self._going_until, float("-inf")
        letter = key.lower()
        if going:
            return Pressed(route=self._letters.get(letter, ""))
        if letter == "g":
            self._going_until = now + SOON
            return NOTHING
        return Pressed(search=key == "/", help=key == "?")


def letters_of(pages: Sequence[Page]) -> Mapping[str, str]:
    """The letters of these pages."""
    return {page.key: page.route for page in pages if page.key}


def help_on(pages: Sequence[Page], reader: Reader) -> Question:
    """What is told of the keys."""
    say = reader.say
    lines = [
        say("{key}: search on this page", key="/"),
        *(
            say("{key}: go to {page}", key=f"g {page.key}", page=say(page.title))
            for page in pages
            if page.key
        ),
        say("{key}: these keys", key="?"),
        *(say("{key}: {what}", key=say(key), what=say(what)) for page in pages for key, what in page.keys),
    ]
    return Question(say("Keys"), lines)
