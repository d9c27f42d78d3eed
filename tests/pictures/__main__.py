"""`python -m tests.pictures OUT [--only WORD …]`: every page and state of it, as people see it."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.dashboard.browser import chromium
from tests.pictures import sheet
from tests.pictures.camera import Camera
from tests.pictures.poses import SCENES, poses


def take(folder: Path, only: list[str]) -> Camera:
    """Write the pictures whose names hold all words of `only`, and `index.html` over all that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(folder, lambda name: all(word in name for word in only))
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
    said = parser.parse_args()
    camera = take(said.out, said.only)
    for line in camera.failed:
        _tell(f"not taken: {line}")
    if not camera.taken:
        sys.exit(f"--only {' '.join(said.only)}: no such picture; the scenes are {', '.join(SCENES)}")
    _tell(f"{len(camera.taken)} pictures; {said.out / 'index.html'} shows them all")
    sys.exit(bool(camera.failed))
