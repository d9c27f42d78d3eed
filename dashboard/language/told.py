"""What other parts say in English, in a person's language: whole texts, and sentences with values in them."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from dashboard.language import catalog
from dashboard.language.foreign import DATA, SENTENCES
from dashboard.language.page_mistakes import AROUND, SENTENCES_OF_PAGES

LONGEST = 1_000
"""Characters of a text that is looked at; a longer one stays as it is."""
DEEPEST = 6
"""Sentences that are told within each other; what stands deeper stays as it is."""
MOST_WORDS = 40
"""Words of a list that are told one by one; a longer list stays as it is."""
KEPT = 4_096
"""Texts that are remembered; of more, those that were asked for the longest ago go."""
_LITERALS = frozenset({"true", "false", "null"})
_HOLE = re.compile(r"\{([a-z_]+)\}")


def told(language: str, text: str) -> str:
    """The text in a language, where it is one that is known and not over-long; else as it is.

    What stands in a hole is told in its turn, unless it is data; in `words`, each word of a list. It takes
    time in proportion to the text, whatever that is, as devices have a hand in it and the web loop waits.
    """
    return remembered(language, text) if 0 < len(text) <= LONGEST else text


@lru_cache(KEPT)
def remembered(language: str, text: str) -> str:
    """The same for a text of whatever length, known again when it is asked for once more."""
    return _told(language, text, DEEPEST)


def _told(language: str, text: str, levels: int) -> str:
    said = catalog(language).gettext(text) if text else text
    if said != text or levels == 0:
        return said
    for pattern in _patterns():
        found = pattern.holes_of(text)
        if found is not None:
            values = {name: _filled(language, name, value, levels - 1) for name, value in found.items()}
            return catalog(language).gettext(pattern.sentence).format(**values)
    return text


def _filled(language: str, name: str, value: str, levels: int) -> str:
    """What stands in a hole: names, and values of JSON, are the same in every language."""
    if name in DATA or value in _LITERALS or (value.startswith('"') and name != "why"):
        return value
    if name == "words":
        words = value.split(", ")
        if len(words) > MOST_WORDS:
            return value
        return catalog(language).gettext(", ").join(_told(language, word, levels) for word in words)
    return _told(language, value, levels)


class _Pattern(NamedTuple):
    """A sentence with holes: the names of these, and what stands before, between and behind them."""

    sentence: str
    holes: tuple[str, ...]
    fixed: tuple[str, ...]

    def holes_of(self, text: str) -> Mapping[str, str] | None:
        """What stands in the holes, at least a character each, the first ones as short as can be.

        None where the text is not this sentence. The text is gone through once.
        """
        first, *between, last = self.fixed
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last)):
            return None
        starts, ends = [len(first)], []
        for part in between:
            at = text.find(part, starts[-1] + 1, end)
            if at < 0:
                return None
            ends.append(at)
            starts.append(at + len(part))
        if starts[-1] >= end:
            return None
        bounds = zip(starts, [*ends, end], strict=True)
        return {name: text[start:stop] for name, (start, stop) in zip(self.holes, bounds, strict=True)}


@cache
def _patterns() -> list[_Pattern]:
    """What to look for: what stands around others, then the sooner the more of a sentence is fixed."""
    ordered = sorted((*SENTENCES, *SENTENCES_OF_PAGES), key=lambda sentence: -len(_HOLE.sub("", sentence)))
    return [_pattern(sentence) for sentence in (*AROUND, *ordered) if _HOLE.search(sentence)]


def _pattern(sentence: str) -> _Pattern:
    # Every second part is the name of a hole.
    parts = _HOLE.split(sentence)
    return _Pattern(sentence, tuple(parts[1::2]), tuple(parts[::2]))
