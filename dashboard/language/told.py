"""What other parts say in English, in a person's language: whole texts, and sentences with values in them."""

import re
from functools import cache, lru_cache

from dashboard.language import catalog
from dashboard.language.foreign import DATA, SENTENCES
from dashboard.language.page_mistakes import AROUND, SENTENCES_OF_PAGES

_LITERALS = frozenset({"true", "false", "null"})
_HOLE = re.compile(r"\{([a-z_]+)\}")


@lru_cache(8_192)
def told(language: str, text: str) -> str:
    """The text in a language, where it is one that is known; else as it is.

    What stands in a hole is told in its turn, unless it is data; in `words`, each word of a list.
    """
    if not text:
        return text
    said = catalog(language).gettext(text)
    if said != text:
        return said
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {name: _filled(language, name, value) for name, value in found.groupdict().items()}
            return catalog(language).gettext(sentence).format(**values)
    return text


def _filled(language: str, name: str, value: str) -> str:
    """What stands in a hole: names, and values of JSON, are the same in every language."""
    if name in DATA or value in _LITERALS or (value.startswith('"') and name != "why"):
        return value
    if name == "words":
        return catalog(language).gettext(", ").join(told(language, word) for word in value.split(", "))
    return told(language, value)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What to look for: what stands around others, then the sooner the more of a sentence is fixed."""
    ordered = sorted((*SENTENCES, *SENTENCES_OF_PAGES), key=lambda sentence: -len(_HOLE.sub("", sentence)))
    return [(_pattern(sentence), sentence) for sentence in (*AROUND, *ordered)]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _HOLE.split(sentence)
    # Every second part is the name of a hole.
    fixed = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+?)" for n, part in enumerate(parts)]
    return re.compile("".join(fixed), re.DOTALL)
