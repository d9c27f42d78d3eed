"""What stands below the heading of one person's screen: a page's tools, its layout, and what comes below."""

from collections.abc import Mapping, Sequence

import flet as ft

from dashboard.card import Who
from dashboard.house import House
from dashboard.look import STRETCH
from dashboard.mount import Mount, Mounts
from dashboard.reader import Reader
from dashboard.scene import NOTHING, LayoutPlan
from dashboard.views import Page

NEAR_END = 900
"""Pixels from the end of a page at which what comes below it is fetched."""
LOOK_EVERY = 200
"""Milliseconds between two looks at how far he has scrolled."""


class Body:
    """A page, or in its place what says that there is none."""

    def __init__(
        self, house: House, page: Page | None, values: Mapping[str, str], who: Who, plan: LayoutPlan
    ) -> None:
        self.page = page
        self._house = house
        self._who = who
        self._values = values
        self.tools = page.tools(house, values, who) if page is not None and page.tools else None
        self._further: list[Mount] = []
        self.view = Mount(ft.Container(), plan)
        tools = [self.tools.control] if self.tools is not None else []
        self._below = self._end = ft.Container()
        self._content = ft.Column(
            [*tools, self.view.slot, self._below], spacing=16, horizontal_alignment=STRETCH
        )

    def control(self, padding: int, mounts: Mounts) -> ft.Column:
        """A place of its own to scroll, so that a page begins at its top."""
        place = ft.Column(
            [ft.Container(self._content, padding=padding)], scroll=ft.ScrollMode.AUTO, expand=True
        )
        if self.page is not None and self.page.more is not None:
            place.scroll_interval = LOOK_EVERY
            place.on_scroll = lambda event: self._scrolled(event, mounts)
        return place

    @property
    def mounts(self) -> Sequence[Mount]:
        """Its layouts."""
        return [self.view, *self._further]

    def follow(self, values: Mapping[str, str], plan: LayoutPlan, mounts: Mounts) -> None:
        """Another address of the same page: what is below the tools is replaced where it stands."""
        self._values = values
        if self.tools is not None:
            self.tools.follow(values)
        for mount in self._further:
            mounts.remove(mount)
        self._further = []
        self._below.content, self._end = None, self._below
        self._content.update()
        mounts.replan(self.view, plan)

    def differs(self, reader: Reader) -> bool:
        """Whether it is another for this reader, such as for a window of another width."""
        page = self.page
        plan = page.layout(self._house, self._values, reader) if page is not None else None
        return plan is not None and plan.name != self.view.plan.name

    def press(self, key: str, *, shift: bool) -> None:
        """A key that means something on this page only, if it does."""
        if self.page is not None and self.page.press is not None:
            # A sign that needs Shift says so itself.
            self.page.press(self._values, f"Shift {key}" if shift and len(key) > 1 else key, self._who)

    def _scrolled(self, event: ft.OnScrollEvent, mounts: Mounts) -> None:
        near = event.max_scroll_extent - event.pixels <= NEAR_END
        waits = any(mount.mark is NOTHING for mount in self.mounts)
        if not near or waits or self.page is None or self.page.more is None:
            return
        plan = self.page.more(self._house, self._values, self._who.reader, len(self._further) + 1)
        if plan is None:
            return
        mount = Mount(ft.Container(), plan)
        self._further.append(mount)
        # Within the end of what is there, not beside it: Flutter builds all anew that stands in one column.
        end = ft.Container()
        self._end.content = ft.Column([mount.slot, end], spacing=16, horizontal_alignment=STRETCH)
        self._end.update()
        self._end = end
        mounts.add(mount)
        if mounts.wire is not None:
            mounts.wire.poke()
