"""Browsers that go from page to page and are pictured: in two languages, light and dark."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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


class Camera:
    """Writes `<scene>-<pose>-<size>-<language>-<scheme>.png` into `folder`, of the poses that are `wanted`."""

    def __init__(self, folder: Path, wanted: Callable[[str], bool]) -> None:
        self.folder = folder
        self.taken: list[str] = []
        self.failed: list[str] = []
        """What could not be taken, and why."""
        self._wanted = wanted

    def names(self, scene: str, poses: Sequence[Pose]) -> Sequence[str]:
        """All pictures of a scene that are wanted."""
        return [
            name
            for pose in poses for size in pose.sizes for language in LANGUAGES for scheme in SCHEMES
            if self._wanted(name := _name(scene, pose, size, language, scheme))
        ]  # fmt: skip

    def shoot(self, browser: Chromium, scene: str, staged: Staged, poses: Sequence[Pose]) -> None:
        """Take the pictures of a scene."""
        sized = sorted(((size, pose) for pose in poses for size in pose.sizes), key=lambda one: one[0])
        for size, group in groupby(sized, key=lambda one: one[0]):
            here = [pose for _, pose in group]
            for language, locale in LANGUAGES.items():
                if not self._any(scene, here, size, language):
                    continue
                opened: Screen | None = None
                # A dialog stays open however one goes: who has one is the last to be pictured in its browser.
                for pose in sorted(here, key=lambda pose: bool(pose.acts)):
                    if self._any(scene, [pose], size, language):
                        opened = opened or _opened(browser, staged, size, locale)
                        self._try(opened, scene, staged, pose, size, language)
                        if pose.acts:
                            browser.close_all()
                            opened = None
                browser.close_all()

    def _any(self, scene: str, poses: Sequence[Pose], size: str, language: str) -> bool:
        return any(
            self._wanted(_name(scene, pose, size, language, scheme)) for pose in poses for scheme in SCHEMES
        )

    def _try(  # noqa: PLR0913 - what a picture is of
        self, screen: Screen, scene: str, staged: Staged, pose: Pose, size: str, language: str
    ) -> None:
        try:
            self._pose(screen, scene, staged, pose, size, language)
        except pytest.fail.Exception as failure:
            words = str(failure).partition(";")[0]
            self.failed.append(f"{scene}-{pose.name}-{size}-{language}: {words}")

    def _pose(  # noqa: PLR0913 - what a picture is of
        self, screen: Screen, scene: str, staged: Staged, pose: Pose, size: str, language: str
    ) -> None:
        with _posed(staged, pose):
            screen.page.evaluate(VISIT, pose.route)
            _settle(screen)
            for act in pose.acts:
                _do(screen, act, language)
                _settle(screen)
            for scheme in SCHEMES:
                name = _name(scene, pose, size, language, scheme)
                if not self._wanted(name):
                    continue
                screen.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                picture = _settle(screen)
                (self.folder / f"{name}.png").write_bytes(picture)
                self.taken.append(name)
            screen.page.emulate_media(color_scheme="light")


def _opened(browser: Chromium, staged: Staged, size: str, locale: str) -> Screen:
    touch = PHONE if size in ("phone", "tablet") else ""
    screen = browser.screen(staged, size=size, touch=touch, locale=locale).open("/")
    _settle(screen)
    return screen


def _name(scene: str, pose: Pose, size: str, language: str, scheme: str) -> str:
    return f"{scene}-{pose.name}-{size}-{language}-{scheme}"


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
