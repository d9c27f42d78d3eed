"""Contact sheets: all pictures small, side by side, so that one look finds what is wrong."""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from pathlib import Path

from tests.dashboard.browser import SIZES, Chromium

GAP = 16
WIDTHS = {"desktop": 420, "phone": 170, "tablet": 240, "wall": 500}
"""Of a picture on the sheet, in pixels."""
HEAD = """<!DOCTYPE html><meta charset="utf-8"><title>Pictures</title><style>
body { font: 13px sans-serif; margin: 16px; background: #888; }
section { display: flex; flex-wrap: wrap; gap: 10px; align-items: flex-start; margin-bottom: 16px; }
h2 { margin: 8px 0; } figure { margin: 0; } figcaption { font-size: 11px; } img { display: block; }
</style>
"""


def write(folder: Path, names: Sequence[str]) -> Path:
    """Write `index.html` into the folder of the pictures: a section for each scene and pose."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[name.rsplit("-", 3)[0]].append(name)
    sections = [
        f"<h2>{escape(pose)}</h2><section>{''.join(map(_figure, sorted(shown)))}</section>"
        for pose, shown in groups.items()
    ]
    file = folder / "index.html"
    file.write_text(HEAD + "\n".join(sections), encoding="utf-8")
    return file


def _figure(name: str) -> str:
    size = name.split("-")[-3]
    return (
        f'<figure><a href="{name}.png"><img src="{name}.png" width="{WIDTHS[size]}" loading="lazy" '
        f'alt="{escape(name)}"></a><figcaption>{escape(" ".join(name.split("-")[-3:]))}</figcaption></figure>'
    )


def beside(browser: Chromium, pictures: Sequence[Path], file: Path) -> None:
    """Write one picture of several of a phone, side by side."""
    width, height = SIZES["phone"]
    page = browser.blank(len(pictures) * (width + GAP) - GAP, height)
    # Told as data: a page of no address may load no file.
    told = [b64encode(picture.read_bytes()).decode() for picture in pictures]
    shown = "".join(f'<img src="data:image/png;base64,{data}">' for data in told)
    page.set_content(f'<body style="margin:0;display:flex;gap:{GAP}px;background:#888">{shown}</body>')
    page.screenshot(path=file)
    browser.close_all()
