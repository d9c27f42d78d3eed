"""A shared layout on one person's screen."""

from dataclasses import dataclass

import flet as ft

from dashboard.hub import Nudge
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

    def nudged(self, _topic: str, nudge: Nudge) -> None:
        """The layout has changed: pass the frame on, or where that will not do, let the wire pull."""
        wire = self.wire
        if wire is None:
            return
        if self.mark is nudge.before and nudge.frame is not None and wire.pass_on(nudge.frame):
            self.mark = nudge.mark
        elif self.mark is not nudge.mark:
            wire.owe()
            wire.poke()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stays on the screen from page to page. Made anew when the window becomes a phone's, or no longer.

    `main` has the heading, the banner, the page, and on a phone the ways to the pages.
    """

    phone: bool
    main: ft.Column
    head: Mount
    ways: Mount
