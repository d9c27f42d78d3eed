"""Browsers that go from page to page and are pictured: in two languages, light and dark."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from dashboard.reader import Reader
from tests.dashboard.browser import PHONE, Chromium, Screen, Seen
from tests.dashboard.staged import Staged
from tests.pictures.poses import Pose

LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
SCHEMES = ("light", "dark")
STILL = 0.35
"""Seconds between two pictures that are the same when nothing moves any more."""
LONGEST = 6.0
"""Seconds after which a picture is taken as it is: something always moves there."""
VISIT = """route => {
    history.pushState(null, "", route);
    dispatchEvent(new PopStateEvent("popstate", {state: null}));
}"""
"""As if somebody had followed a link: much faster than to load the client again."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One state of a page in one window, to be pictured light and dark."""

    scene: str
    pose: Pose
    size: str
    language: str

    def name(self, scheme: str) -> str:
        """What its file is called, without the ending."""
        return f"{self.scene}-{self.pose.name}-{self.size}-{self.language}-{scheme}"

    @property
    def window(self) -> tuple[str, str]:
        """What can be pictured in one browser, one after the other."""
        return self.size, self.language


class Camera:
    """Writes `<scene>-<pose>-<size>-<language>-<scheme>.png` into `folder`, where that name is `wanted`."""

    def __init__(self, folder: Path, wanted: Callable[[str], bool]) -> None:
        self.folder = folder
        self.taken: list[str] = []
        self.failed: list[str] = []
        """What could not be taken, and why."""
        self._wanted = wanted

    def shots(self, scene: str, poses: Sequence[Pose]) -> Sequence[Shot]:
        """All of a scene that are wanted, those of one window side by side, and what lasts at their end."""
        found = [
            shot
            for pose in poses for size in pose.sizes for language in LANGUAGES
            if any(self._wanted((shot := Shot(scene, pose, size, language)).name(one)) for one in SCHEMES)
        ]  # fmt: skip
        return sorted(found, key=lambda shot: (shot.window, shot.pose.lasts))

    def shoot(self, browser: Chromium, staged: Staged, shots: Sequence[Shot]) -> None:
        """Take these pictures of one scene."""
        for (size, language), group in groupby(shots, key=lambda shot: shot.window):
            opened: Screen | None = None
            for shot in group:
                opened = opened or _opened(browser, staged, size, LANGUAGES[language])
                try:
                    self._take(opened, staged, shot)
                except pytest.fail.Exception as failure:
                    self.failed.append(f"{shot.name('')} {str(failure).partition(';')[0]}")
                if shot.pose.lasts:
                    browser.close_all()
                    opened = None
            browser.close_all()

    def _take(self, screen: Screen, staged: Staged, shot: Shot) -> None:
        with _posed(staged, shot.pose):
            screen.page.evaluate(VISIT, shot.pose.route)
            _settle(screen)
            for act in shot.pose.acts:
                _do(screen, act, shot.language)
                _settle(screen)
            for scheme in SCHEMES:
                if self._wanted(shot.name(scheme)):
                    screen.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                    if shot.pose.cut:
                        _settle(screen)
                        screen.cut()
                    (self.folder / f"{shot.name(scheme)}.png").write_bytes(_settle(screen))
                    self.taken.append(shot.name(scheme))
                    if shot.pose.cut:
                        screen.mend()
            screen.page.emulate_media(color_scheme="light")


def _opened(browser: Chromium, staged: Staged, size: str, locale: str) -> Screen:
    touch = PHONE if size in ("phone", "tablet") else ""
    screen = browser.screen(staged, size=size, touch=touch, locale=locale).open("/")
    _settle(screen)
    return screen


@contextmanager
def _posed(staged: Staged, pose: Pose) -> Iterator[None]:
    staged.pose(**pose.says)
    try:
        yield
    finally:
        if pose.says:
            staged.pose()


def _do(screen: Screen, act: str, language: str) -> None:
    if len(act) == 1:
        screen.page.keyboard.press(act)
    else:
        _press(screen, Reader("zh" if language == "zh" else "en").say(act))


def _press(screen: Screen, label: str) -> None:
    found: list[Seen] = []

    def there() -> bool:
        found[:] = [node for node in screen.seen() if label in node.text.splitlines() and node.width]
        return bool(found)

    screen.wait(there, f"a button {label}")
    node = min(found, key=lambda node: len(node.text))
    screen.page.mouse.click(node.x + node.width / 2, node.y + node.height / 2)


def _settle(screen: Screen) -> bytes:
    """The picture as soon as nothing moves."""
    give_up = time.monotonic() + LONGEST
    before, same = b"", 0
    while True:
        screen.page.wait_for_timeout(STILL * 1000)
        picture = screen.page.screenshot()
        now = hashlib.sha256(picture).digest()
        same = same + 1 if now == before else 0
        if (same >= 1 and screen.veil()[0] == "nothing") or time.monotonic() > give_up:
            return picture
        before = now
