"""Fonts for every script, cut from those that are installed to the pieces that Flet's client asks for.

Nothing is asked of another host, and a browser takes only the pieces whose characters are on its screen.
Which characters a piece has is ours to say: the client's own table is of fonts as another host has them,
lacks 10,000 characters that are here, 14 of common Chinese among them, and knows scripts for which nothing is
installed. So the client is handed out with a table of what is here, in the place of its own.
"""

import functools
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import uharfbuzz as hb

from dashboard.font_table import Run, Table, find, read, write

log = logging.getLogger(__name__)

PACKAGES = ("noto-cjk-sans-otc", "manimgx-fonts", "fontpkg-noto-sans", "fontpkg-roboto-mono")
"""Where the fonts are from; see docs/dependencies.md."""
FOLDER = "assets/fonts/"
"""Below it, as Flet's client sees it, is every piece."""
FIXED = "assets/fonts/RobotoMono.ttf"
"""Where the face of fixed width is, which our `FontManifest.json` names and a browser loads at once."""

_HAN = Path(str(files("noto_cjk_sans_otc"))) / "NotoSansCJK-Regular.ttc"
_HAN_FACES = {"notosanssc": 2, "notosanstc": 3, "notosanshk": 4, "notosansjp": 0, "notosanskr": 1}
"""Chinese of three places, Japanese and Korean: where each is in that one file."""
_OTHERS = Path(str(files("manimgx_fonts")))
_LATIN = Path(str(files("fontpkg_noto_sans"))) / "files" / "NotoSans[wdth,wght].ttf"
"""With Greek, Cyrillic and Devanagari, as the client expects of it; the one among the others is without."""
_FIXED = Path(str(files("fontpkg_roboto_mono"))) / "files" / "RobotoMono[wght].ttf"
_WRITTEN = (range(0x250), range(0x370, 0x460), range(0x2000, 0x2600))
"""What commands and payloads are written in: Latin, Greek, Cyrillic, signs. The rest comes in pieces."""
_STANDS_FOR = {"notocoloremoji": "notoemoji"}
SHARE = 400
"""Characters in a piece that is ours to fill. With fewer, the client's code has no room for the table."""
_WEIGHT = 400
"""Of a font that has them all; where a text is bold, the client draws it bolder."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face of an installed font's file."""

    file: Path
    index: int = 0

    def open(self) -> hb.Face:
        """The face, which maps the file into memory: of a large one only what is cut is ever read.

        What was read counts as ours until the face is gone, so nobody keeps it.
        """
        return hb.Face(hb.Blob.from_file_path(str(self.file)), self.index)

    def cut(self, wanted: hb.Set) -> bytes:
        """A font of these characters, with what joins and places them."""
        face = self.open()
        piece = hb.SubsetInput()
        piece.unicode_set.update(wanted)
        if face.axis_infos:
            piece.pin_all_axes_to_default(face)
            piece.pin_axis_location(face, "wght", _WEIGHT)
        return bytes(hb.subset(face, piece).blob.data)


@dataclass(frozen=True, slots=True)
class Font:
    """A face, and the characters that it has."""

    face: Face
    characters: hb.Set


@dataclass(frozen=True, slots=True)
class Pieces:
    """The face and the characters of each piece by its address, and the client's texts: its own, and ours."""

    cuts: Mapping[str, tuple[Face, hb.Set]]
    texts: Mapping[bytes, bytes]


class Fonts:
    """The installed fonts. `client` is the folder of Flet's client.

    Fonts and table are read when the first of them is asked for. By any thread.
    """

    def __init__(self, client: Path) -> None:
        self._client = client
        self._turn = threading.Lock()

    def piece(self, address: str) -> bytes | None:
        """A piece by its address below `FOLDER`, None if there is none: a font in OpenType format."""
        with self._turn:
            cut = self._pieces.cuts.get(address)
            return None if cut is None else cut[0].cut(cut[1])

    def told(self, code: bytes) -> bytes:
        """The client's code with a table of what is here; as it is if its table is not the expected one."""
        with self._turn:
            texts = self._pieces.texts
        if any(code.count(text) != 1 for text in texts):
            log.error("the client's code has another table of fonts than its script: some texts show boxes")
            return code
        for text, ours in texts.items():
            code = code.replace(text, ours)
        return code

    @functools.cached_property
    def _pieces(self) -> Pieces:
        try:
            return pieces_of(
                find((self._client / "main.dart.js").read_text(encoding="utf-8")), dict(_installed())
            )
        except (OSError, ValueError) as error:
            # A traceback would say no more.
            log.error("texts in other scripts than Latin show boxes: %s", error)  # noqa: TRY400
            return Pieces({}, {})


def pieces_of(table: Table, fonts: Mapping[str, Font]) -> Pieces:
    """What each piece of the table has of the fonts, by their families. Raises `ValueError`.

    A piece of an installed font has those of its characters that the font has. Pieces of fonts that are not
    installed share the characters that are in no piece by now.
    """
    of = [fonts.get(_family(address)) for address in table.pieces]
    cuts = [hb.Set() for _ in of]
    runs: list[Run] = []

    def put(character: int, pieces: tuple[int, ...]) -> None:
        for number in pieces:
            cuts[number].add(character)
        runs.append((character, character + 1, pieces))

    known = [hb.Set() if font is None else font.characters for font in of]
    for start, end, members in read(table.texts):
        for character in range(start, end) if members else ():
            pieces = tuple(number for number in members if character in known[number])
            if pieces:
                put(character, pieces)
    done = hb.Set(character for character, _, _ in runs)
    spare = [number for number, font in enumerate(of) if font is None]
    for number, (font, share) in zip(spare, _shares(fonts.values(), done), strict=False):
        of[number] = font
        for character in share:
            put(character, (number,))
    runs.sort()
    ours = write(runs, table.texts)
    texts = {table.texts.sets: ours.sets, table.texts.runs: ours.runs}
    parts = zip(table.pieces, of, cuts, strict=True)
    return Pieces(
        {address: (font.face, cut) for address, font, cut in parts if font is not None and cut},
        {theirs.encode(): text.encode() for theirs, text in texts.items()},
    )


def _shares(fonts: Iterable[Font], done: hb.Set) -> Iterator[tuple[Font, Sequence[int]]]:
    """What is not done yet, of the first font that has it, in shares of `SHARE` characters at most."""
    for font in fonts:
        left = font.characters.copy()
        left.difference_update(done)
        done.update(left)
        characters = list(left)
        for at in range(0, len(characters), SHARE):
            yield font, characters[at : at + SHARE]


def _family(address: str) -> str:
    family = address.partition("/")[0]
    return _STANDS_FOR.get(family, family)


def fixed() -> bytes:
    """The face of fixed width, with the characters of `_WRITTEN`: 49 kB, on the way to a browser 31."""
    font = _font(_FIXED)
    wanted = hb.Set(character for part in _WRITTEN for character in part)
    wanted.intersection_update(font.characters)
    return font.face.cut(wanted)


def versions() -> Sequence[str]:
    """Of the packages that the fonts are from: what a browser has kept is of these."""
    return [f"{package} {version(package)}" for package in PACKAGES]


def _installed() -> Iterator[tuple[str, Font]]:
    """Each family, as Flet's client writes it, and its font; the first that has a character goes first."""
    for family, index in _HAN_FACES.items():
        yield family, _font(_HAN, index)
    for file in sorted(_OTHERS.glob("Noto*[[]wght].ttf")):
        yield file.name.partition("[")[0].lower(), _font(file)
    yield "notosans", _font(_LATIN)


def _font(file: Path, index: int = 0) -> Font:
    face = Face(file, index)
    return Font(face, face.open().unicodes)
