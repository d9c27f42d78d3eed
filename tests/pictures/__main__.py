"""`python -m tests.pictures OUT [--only WORD …] [--docs FOLDER]`: every page in many states, as seen."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.dashboard.browser import chromium
from tests.pictures import sheet
from tests.pictures.camera import Camera
from tests.pictures.poses import DOCS, PHONES, SCENES, poses


def take(folder: Path, wanted: Callable[[str], bool]) -> Camera:
    """Write the pictures whose names are wanted, and `index.html` over all that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, wanted)
    with chromium() as browser:
        for scene, bring_up in SCENES.items():
            shots = camera.shots(scene, poses(scene))
            if not shots:
                continue
            began, before = time.monotonic(), len(camera.taken)
            with tempfile.TemporaryDirectory() as pages, bring_up(Path(pages)) as staged:
                camera.shoot(browser, staged, shots)
            _tell(f"{scene}: {len(camera.taken) - before} pictures in {time.monotonic() - began:.0f} s")
    sheet.write(folder, sorted(file.stem for file in folder.glob("*-*-*-*-*.png")))
    return camera


def show_in_docs(folder: Path, docs: Path) -> None:
    """Copy what the documents show, and set the phones side by side."""
    for file, name in DOCS.items():
        shutil.copy(folder / f"{name}.png", docs / f"{file}.png")
    with chromium() as browser:
        sheet.beside(browser, [folder / f"{name}.png" for name in PHONES], docs / "phone.png")


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="folder for the pictures; made if it is not there"
    )
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="WORD",
        help="only pictures whose name holds all these words: a scene, a page, a size, a language, a scheme",
    )  # fmt: skip
    parser.add_argument(
        "--docs", type=Path, metavar="FOLDER",
        help="take only the pictures that the documents show, and copy them to this folder",
    )  # fmt: skip
    said = parser.parse_args()
    shown = {*DOCS.values(), *PHONES}
    camera = take(said.out, lambda name: name in shown if said.docs else all(w in name for w in said.only))
    for line in camera.failed:
        _tell(f"not taken: {line}")
    if not camera.taken:
        sys.exit(f"--only {' '.join(said.only)}: no such picture; the scenes are {', '.join(SCENES)}")
    if said.docs and not camera.failed:
        show_in_docs(said.out, said.docs)
    _tell(f"{len(camera.taken)} pictures; {said.out / 'index.html'} shows them all")
    sys.exit(bool(camera.failed))
