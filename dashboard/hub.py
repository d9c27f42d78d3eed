"""From frames to sessions, through Flet's pubsub hub: the only file that publishes to it.

Any thread may `announce` what changed, and the bridge's broadcast wakes it as it wakes every listener; all of
that is merged in a set of tags, and the web loop is woken once. On the loop the scene looks again, and each
layout that changed gets one hub message, whatever the number of devices or messages behind it. The message is
a nudge, not data: each session then takes what it misses from the layout, encoded once for all that miss the
same.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flet.pubsub import PubSubHub

from dashboard.card import Who
from dashboard.scene import Layout, Scene

log = logging.getLogger(__name__)

ECHO = 0.3
"""Seconds after a click before the truth is sent again: a command is marked pending sooner than that."""
SHARE = 0.3
"""The part of the web loop's time that telling the sessions may take; when it takes more, changes wait and
are merged meanwhile."""

LONGEST_REST = 0.5


class Nudge:
    """The hub's message: a layout has changed. `frame` is what most of its screens miss, encoded once."""

    __slots__ = ("before", "frame", "mark")

    def __init__(self, layout: Layout) -> None:
        self.before, self.mark = layout.before, layout.mark
        layout.told = True
        # A screen with another arrangement needs the whole, which is put in a place of its own.
        same = self.before.number == self.mark.number
        self.frame = layout.catch_up(0, self.before) if same else None


class OnTheSpot:
    """What Flet's hub is given for its loop, so that a plain handler runs at once and in order.

    The hub would run it in a pool of threads, where order is lost; an async one costs a task for each
    message and session, and its errors vanish. A handler is to be quick, and never to subscribe or
    unsubscribe: the hub holds its lock meanwhile.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.get_ident()

    def call_soon_threadsafe(self, call: Callable[..., object], *arguments: Any) -> None:  # noqa: ANN401
        """Run it at once on the loop's thread, from any other as soon as the loop comes to it."""
        if threading.get_ident() == self._thread and call == self.run_in_executor:
            self.run_in_executor(*arguments)
        else:
            self._loop.call_soon_threadsafe(call, *arguments)

    def run_in_executor(self, _executor: object, handler: Callable[..., object], *arguments: object) -> None:
        """Run a plain handler. Its error is ours, and harms no other session."""
        try:
            handler(*arguments)
        except Exception:
            log.exception("our fault: a session could not be told")


def topic(layout: str) -> str:
    """The hub topic of a layout."""
    return f"view/{layout}"


class Hub:
    """The way from the bridge to every open session of this process.

    `sources` are asked for more tags whenever it looks; what has something new for it calls `wake`. `done` is
    called with the monotonic time when all sessions have been told. While nobody looks, nobody is woken.
    """

    def __init__(self, pubsub: PubSubHub, scene: Scene, loop: asyncio.AbstractEventLoop) -> None:
        self.scene = scene
        self.sources: list[Callable[[], Iterable[str]]] = []
        self.published = 0
        self.done: Callable[[float], None] = lambda _now: None
        self._pubsub = pubsub
        self._loop = loop
        self._lock = threading.Lock()
        self._tags: set[str] = set()
        self._woken = False
        self._rest_until = 0.0
        self._looked_at = False
        scene.looked_at = self._begin

    def announce(self, tags: Iterable[str]) -> None:
        """Tell from any thread, without waiting, that what is behind these tags changed."""
        with self._lock:
            if self._looked_at:
                self._tags.update(tags)
            if not self._tags:
                return
        self.wake()

    def wake(self) -> None:
        """From any thread, without waiting: look soon at what was announced, and ask every source."""
        with self._lock:
            if self._woken or not self._looked_at:
                return
            self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._due)
        except RuntimeError:
            log.debug("the web loop has ended")

    def event(self, target: int, name: str, data: object, who: Who) -> None:
        """A person acted on a shared control, in the session `who`. On the loop."""
        try:
            self.scene.event(target, name, data, who)
        finally:
            self._loop.call_later(ECHO, self._echo, target)

    def _begin(self) -> None:
        """Somebody is about to look, after nobody did: what he sees first is drawn from the present."""
        with self._lock:
            self._looked_at = True
        # What waits is older than the present, and as old as when somebody last looked.
        for source in self.sources:
            source()
        self.done(self._loop.time())

    def _due(self) -> None:
        wait = self._rest_until - self._loop.time()
        if wait > 0:
            self._loop.call_later(wait, self._flush)
        else:
            self._flush()

    def _flush(self) -> None:
        began = self._loop.time()
        with self._lock:
            tags, self._tags = self._tags, set()
            self._woken = False
            self._looked_at = bool(self.scene.layouts)
        try:
            for source in self.sources:
                tags.update(source())
            self._nudge(self.scene.touch(tags))
        except Exception:
            log.exception("our fault: the scene could not follow %s", sorted(tags)[:10])
        ended = self._loop.time()
        self.done(ended)
        self._rest_until = ended + min(LONGEST_REST, (ended - began) * (1 / SHARE - 1))

    def _echo(self, target: int) -> None:
        self._nudge(self.scene.showing(target))

    def _nudge(self, layouts: Iterable[Layout]) -> None:
        for layout in layouts:
            self.published += 1
            self._pubsub.send_all_on_topic(topic(layout.plan.name), Nudge(layout))
