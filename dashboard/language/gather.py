"""All texts there are to translate: what the code of the dashboard says, and the words of shipped kinds."""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dashboard.language import FOLDER, LANGUAGES
from schemas.catalog import shipped_kinds
from schemas.traits import Binary, Switch

PACKAGE = FOLDER.parent
KEYWORDS = {"say": None, "marked": None, "count": (1, 2)}
"""What says a text, and which of its arguments are texts: of `count` what is for one, and for more."""
KINDS = "kinds"
WIDTH = 110


def gather() -> Catalog:
    """All texts, each with the file that says it."""
    found = Catalog(charset="utf-8")
    for file, _line, message, _comments, _context in extract_from_dir(PACKAGE, keywords=KEYWORDS):
        found.add(message, locations=[(file, 0)])
    for word in dict.fromkeys(_words_of_kinds()):
        found.add(word, locations=[(KINDS, 0)])
    return found


def update(language: str, file: Path) -> list[str]:
    """Bring the file of a language up to date with the code; the texts that are still to be translated."""
    known = Catalog(locale=language)
    if file.is_file():
        with file.open("rb") as written:
            known = read_po(written, locale=language)
    known.update(gather(), no_fuzzy_matching=True)
    known.obsolete.clear()
    with file.open("wb") as anew:
        write_po(anew, known, width=WIDTH, omit_header=True, sort_by_file=True, include_lineno=False)
    return untranslated(known)


def untranslated(known: Catalog) -> list[str]:
    """The texts without a translation."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in known
        if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def main() -> int:
    """Bring all languages but English up to date; 1 while something is untranslated."""
    left = 0
    for language in LANGUAGES:
        if language != "en":
            missing = update(language, FOLDER / f"{language}.po")
            left += len(missing)
            for text in missing:
                sys.stdout.write(f"{language}: not translated: {text}\n")
    return 1 if left else 0


def _words_of_kinds() -> Iterator[str]:
    for kind in shipped_kinds():
        yield from (kind.title, kind.doc)
        for metric in kind.metrics.values():
            yield metric.label
            yield from metric.options
            if metric.trait.confirm is not None:
                yield metric.trait.confirm
            if isinstance(metric.trait, Switch | Binary):
                yield from (metric.trait.on, metric.trait.off)


if __name__ == "__main__":
    raise SystemExit(main())
