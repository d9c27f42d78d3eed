"""The languages of the dashboard: what a person reads, in his own; English is what stands in the code.

A text in the code is its own key: `reader.say("Last message")`, with values by name in braces. What is said
of a number goes through `reader.count`. A text that is only kept to be said later is `marked`. The
translations are one `.po` file a language beside this one; `make translations` brings new texts into them.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language: TypeAlias = Literal["en", "zh"]

LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "简体中文"}
"""Each by its own name."""
FOLDER = Path(__file__).parent


def marked(text: str) -> str:
    """A text that is said later: found by who gathers texts to translate, and otherwise as it is."""
    return text


def language_of(wanted: str, browser: Sequence[str]) -> Language:
    """What a person chose, else the first of his browser's languages that there is, else English."""
    for one in (wanted, *browser):
        name = one.strip().lower().replace("_", "-").partition("-")[0]
        for known in get_args(Language):
            if name == known:
                return known  # type: ignore[no-any-return]
    return "en"


@cache
def catalog(language: str) -> NullTranslations:
    """The texts of a language; what has no translation is as it stands in the code."""
    file = FOLDER / f"{language}.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
