"""Fonts for every script, cut to the pieces that Flet's client asks for, from the fonts that are installed.

Nothing is asked of another host, and a browser takes only the pieces whose characters are on its screen.
"""

import functools
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import uharfbuzz as hb

from dashboard.font_table import Table, table

log = logging.getLogger(__name__)

PACKAGES = ("noto-cjk-sans-otc", "manimgx-fonts")
"""Where the fonts are from; see docs/dependencies.md."""
FOLDER = "assets/fonts/"
"""Below it, as Flet's client sees it, is every piece."""

_HAN = Path(str(files("noto_cjk_sans_otc"))) / "NotoSansCJK-Regular.ttc"
_HAN_FAMILIES = ("notosansjp", "notosanskr", "notosanssc", "notosanstc", "notosanshk")
"""Chinese of three places, Japanese and Korean: the faces of that one file, in their order."""
_OTHERS = Path(str(files("manimgx_fonts")))
_STANDS_FOR = {"notocoloremoji": "notoemoji"}
_WEIGHT = 400
"""Of a font that has them all; where a text is bold, the client draws it bolder."""


@dataclass(frozen=True, slots=True)
class Font:
    """One face of an installed font, and the characters that it has."""

    face: hb.Face
    characters: hb.Set

    def has(self, wanted: hb.Set) -> hb.Set:
        """Those of the characters that it has."""
        found = self.characters.copy()
        found.intersection_update(wanted)
        return found

    def cut(self, wanted: hb.Set) -> bytes:
        """A font of these characters, with what joins and places them."""
        piece = hb.SubsetInput()
        piece.unicode_set.update(wanted)
        if any(axis.tag == "wght" for axis in self.face.axis_infos):
            piece.pin_axis_location(self.face, "wght", _WEIGHT)
        return bytes(hb.subset(self.face, piece).blob.data)


class Fonts:
    """The installed fonts. `client` is the folder of Flet's client, whose table names the pieces.

    Fonts and table are read when the first piece is asked for. One thread at a time.
    """

    def __init__(self, client: Path) -> None:
        self._client = client

    def piece(self, address: str) -> bytes | None:
        """A piece by its address below `FOLDER`; None if there is none, or no installed font has any of it.

        It has the characters that the client expects, of the font that it names, or if that is not installed
        then of the one that has most of them.
        """
        runs = self._table.get(address)
        if runs is None:
            return None
        wanted = hb.Set()
        for run in runs:
            wanted.add_range(run[0], run[-1])
        family = address.partition("/")[0]
        font = self._fonts.get(_STANDS_FOR.get(family, family)) or max(
            self._fonts.values(), key=lambda other: len(other.has(wanted))
        )
        found = font.has(wanted)
        return font.cut(found) if found else None

    @functools.cached_property
    def _table(self) -> Table:
        try:
            return table((self._client / "main.dart.js").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            log.error("texts in other scripts than Latin show boxes: %s", error)  # noqa: TRY400 (ours to mend)
            return {}

    @functools.cached_property
    def _fonts(self) -> Mapping[str, Font]:
        return dict(_installed())


def versions() -> Sequence[str]:
    """Of the packages that the fonts are from: what a browser has kept is of these."""
    return [f"{package} {version(package)}" for package in PACKAGES]


def _installed() -> Iterator[tuple[str, Font]]:
    """Each family, as Flet's client writes it, and its font."""
    for index, family in enumerate(_HAN_FAMILIES):
        yield family, _font(_HAN, index)
    for file in sorted(_OTHERS.glob("Noto*[[]wght].ttf")):
        yield file.name.partition("[")[0].lower(), _font(file)


def _font(file: Path, index: int = 0) -> Font:
    # The file is mapped into memory: of a large one only what is cut is ever read.
    face = hb.Face(hb.Blob.from_file_path(str(file)), index)
    return Font(face, face.unicodes)
