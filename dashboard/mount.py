"""Shared layouts on one person's screen."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import flet as ft

from dashboard import hub as hub_topics
from dashboard.hub import Hub, Nudge
from dashboard.scene import NOTHING, Layout, LayoutPlan, Mark
from dashboard.wire import Wire


@dataclass(slots=True, eq=False)
class Mount:
    """A shared layout in a container of a session's own. `mark` is what the browser has of it."""

    slot: ft.Container
    plan: LayoutPlan
    layout: Layout | None = None
    mark: Mark = NOTHING
    wire: Wire | None = None
    sent: Callable[[Layout], None] = lambda _layout: None
    """Called after a change of the layout is on its way to the browser."""

    def nudged(self, _topic: str, nudge: Nudge) -> None:
        """The layout has changed: pass the frame on, or where that will not do, let the wire pull."""
        wire = self.wire
        if wire is None:
            return
        if self.mark is nudge.before and nudge.frame is not None and wire.pass_on(nudge.frame):
            self.mark = nudge.mark
            if self.layout is not None:
                self.sent(self.layout)
        elif self.mark is not nudge.mark:
            wire.owe()
            wire.poke()


class Mounts:
    """What one session looks at, in the order in which a browser is given it. Its layouts have its `wire`."""

    def __init__(self, page: ft.Page, hub: Hub) -> None:
        self._page = page
        self._hub = hub
        self._all: list[Mount] = []
        self._held: dict[int, tuple[Callable[[], None], Callable[[], None] | None]] = {}
        self.wire: Wire | None = None

    def __iter__(self) -> Iterator[Mount]:
        """All of them, as they are now."""
        return iter(list(self._all))

    def add(self, mount: Mount) -> None:
        """Look at it, unless that is so already."""
        if mount.layout is not None:
            return
        # Subscribed before it is looked at: what comes between is then a nudge too many, never one too few.
        self._page.pubsub.subscribe_topic(hub_topics.topic(mount.plan.name), mount.nudged)
        mount.wire, mount.sent = self.wire, self._sent
        mount.layout = self._hub.scene.open(mount.plan)
        mount.mark = NOTHING
        self._all.append(mount)

    def remove(self, mount: Mount) -> None:
        """Look at it no longer."""
        if mount.layout is not None:
            self._page.pubsub.unsubscribe_topic(hub_topics.topic(mount.plan.name))
            self._hub.scene.close(mount.layout)
            mount.layout = mount.wire = None
            self._all.remove(mount)
            if not self._all:
                # The connection is gone, and with it where he pointed.
                self._held.clear()

    def replan(self, mount: Mount, plan: LayoutPlan, *, now: bool = True) -> None:
        """Look at another layout in the same place, now or when it is added; shared cards are kept."""
        if plan.name == mount.plan.name:
            return
        if not now:
            self.remove(mount)
        if mount.layout is None:
            mount.plan = plan
            return
        kept = self._hub.scene.open(plan)
        self.remove(mount)
        mount.plan = plan
        self.add(mount)
        self._hub.scene.close(kept)

    def missing(self) -> bytes | None:
        """The next frame that the browser misses; None if it has everything."""
        for mount in self._all:
            if mount.layout is not None and mount.mark != mount.layout.mark:
                whole = mount.mark.number != mount.layout.mark.number
                frame = mount.layout.catch_up(mount.slot._i, mount.mark)
                mount.mark = mount.layout.mark
                self._sent(mount.layout, whole=whole)
                if frame is not None:
                    return frame
        return None

    def hold(
        self, control: int, again: Callable[[], None] | None, changed: Callable[[], None] | None = None
    ) -> None:
        """See `Who`."""
        if again is None:
            self._held.pop(control, None)
        else:
            self._held[control] = again, changed

    def _sent(self, layout: Layout, *, whole: bool = False) -> None:
        """What this person alone sees of the cards of a layout is sent again, after the layout."""
        if not self._held:
            return
        for control, (again, changed) in list(self._held.items()):
            layouts = self._hub.scene.showing(control)
            if not layouts:
                del self._held[control]
            elif layout in layouts:
                if whole:
                    again()
                elif changed is not None:
                    changed()
