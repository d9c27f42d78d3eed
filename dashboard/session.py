"""One person's session: his own controls, and which shared layouts he looks at."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import flet as ft

from dashboard import hub as hub_topics
from dashboard.admission import WHOLE, told
from dashboard.banner import banner
from dashboard.card import Question
from dashboard.chrome import STRETCH, choice, colours, navigation, nowhere, top
from dashboard.house import House
from dashboard.hub import Hub, Nudge
from dashboard.look import GROUND, PHONE
from dashboard.scene import NOTHING, Layout, LayoutPlan, Mark
from dashboard.views import Page, find
from dashboard.wire import Link, Wire

log = logging.getLogger(__name__)

PLACE = 2
"""Of the page below the heading and the banner."""


@dataclass(slots=True)
class Mount:
    """A shared layout in a container of this session. `mark` is what the browser has of it."""

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


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions of a process share. `open` holds the connected ones."""

    house: House
    hub: Hub
    title: str
    open: set["Session"] = field(default_factory=set)
    colours: bytes = field(default_factory=colours)


class Session:
    """Built once a browser; lives through lost connections until Flet evicts it.

    Everything runs on the web loop. While the browser is away, nothing is held but Flet's page and this.
    """

    def __init__(self, page: ft.Page, shared: Shared) -> None:
        self.page = page
        self.shared = shared
        self.route = ""
        self.mounts: list[Mount] = []
        self._wire: Wire | None = None
        self._page: Page | None = None
        self._banner = Mount(ft.Container(), banner(shared.house))
        self._around: Surroundings | None = None
        self._view: Mount | None = None
        self._coming: ft.Column | None = None
        self._choice: bytes | None = None
        self._whole: bytes | None = None
        self._navigating: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """What the log calls this session."""
        return str(self.page.session.id)[:8]

    def start(self) -> None:
        """Show the page of the route that the browser opened."""
        page = self.page
        page.title = self.shared.title
        page.theme_mode = ft.ThemeMode.SYSTEM
        page.padding = 0
        page.bgcolor = GROUND
        page.on_route_change = self._route_changed
        page.on_resize = self._resized
        page.on_connect = self._connected
        self._attach()
        self.show(page.route or "/")

    def show(self, route: str) -> None:
        """Take the screen to a route. What it shows stays until all of the new page is there."""
        house, phone = self.shared.house, self._is_phone()
        slot = ft.Container()
        content: ft.Control = slot
        page, values = find(route) or (None, {})
        if page is None:
            heading, plan = "Not found", nowhere(route)
        else:
            heading = page.heading(house, values) if page.heading else page.title
            plan = page.layout(house, values)
            if page.tools is not None:
                content = ft.Column(
                    [page.tools(values, self.go), slot], spacing=16, horizontal_alignment=STRETCH
                )
        if self._view is not None:
            self._unmount(self._view)
        self.route, self._page, self._view = route, page, Mount(slot, plan)
        # A page has a place of its own to scroll, so that it begins at its top.
        place = ft.Column(
            [ft.Container(content, padding=_inside(phone=phone))], scroll=ft.ScrollMode.AUTO, expand=True
        )
        head = top(heading, back=page is not None and page.rank is None, phone=phone)
        if self._around is None or self._around.phone is not phone:
            self._surround(place, head, phone=phone)
        else:
            self._bring(place, head, self._around)
        self._mount_page()
        self._poke()

    def tell(self, text: str) -> None:
        """Say something to this person, at the bottom of his screen."""
        self.page.show_dialog(ft.SnackBar(ft.Text(text), duration=5_000))

    def ask(self, question: Question) -> None:
        """Put a question to this person, above what he looks at."""

        def close(then: Callable[[], None]) -> None:
            # A second click comes while it closes.
            if dialog.open:
                dialog.open = False
                dialog.update()
                then()

        lines: list[ft.Control] = [ft.Text(line, size=14) for line in question.lines]
        leave = ft.TextButton(
            "Cancel" if question.yes else "Close", on_click=lambda _event: close(lambda: None)
        )
        agree = ft.FilledButton(question.yes, on_click=lambda _event: close(question.then))
        dialog = ft.AlertDialog(
            title=ft.Text(question.title, size=18, weight=ft.FontWeight.W_600),
            content=ft.Column(lines, tight=True, spacing=8, width=420),
            scrollable=True,
            actions=[leave, agree] if question.yes else [leave],
        )
        self.page.show_dialog(dialog)

    def go(self, route: str) -> None:
        """Take this person to another page, with an entry in the browser's history."""
        for earlier in self._navigating:
            # A browser that does not answer gathers no tasks.
            earlier.cancel()
        task = asyncio.create_task(self.page.push_route(route), name=f"session {self.name} navigates")
        self._navigating.add(task)
        task.add_done_callback(partial(self._navigated, self.route))

    def pull(self) -> bytes | None:
        """The next frame that the browser misses; the wire asks when its socket takes more."""
        for mount in self.mounts:
            if mount.layout is not None and mount.mark != mount.layout.mark:
                frame = mount.layout.catch_up(mount.slot._i, mount.mark)
                mount.mark = mount.layout.mark
                if frame is not None:
                    return frame
        frame, self._choice = self._choice, None
        if frame is None and self._coming is not None:
            self._turn(self._coming)
        elif frame is None:
            frame, self._whole = self._whole, None
        return frame

    def event(self, target: int, name: str, data: object) -> bool:
        """Answer for a click on a shared control; False if it is one of this session's own."""
        hub = self.shared.hub
        if not hub.scene.knows(target):
            return False
        if name:
            try:
                hub.event(target, name, data, self)
            except Exception:
                log.exception("session %s: our fault: '%s' on a shared control failed", self.name, name)
                self.tell("Something went wrong. It has been logged.")
        return True

    # Connection ------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        connection = self.page.session.connection
        if isinstance(connection, Link):
            wire = self._wire = connection.wire
            wire.pull, wire.event, wire.ended = self.pull, self.event, self._let_go
            wire.name = f"session {self.name}"
            wire.timing = self.shared.house.timing
            wire.trip = wire.timing.trips.join()
            wire.put(self.shared.colours)
            self._whole = WHOLE if told(wire.url) else None
        self.shared.open.add(self)
        self.shared.hub.announce({"sessions"})
        self._mount(self._banner)

    async def _connected(self, _event: ft.Event[ft.Page]) -> None:
        self._let_go()
        self._attach()
        around = self._around
        resized = around is not None and around.phone is not self._is_phone()
        if resized or (self.page.route and self.page.route != self.route):
            # He went to another page, or turned his phone, while the connection was lost.
            self.show(self.page.route or self.route)
            return
        self._mount_page()
        self._poke()

    def _let_go(self) -> None:
        for mount in list(self.mounts):
            self._unmount(mount)
        if self._wire is not None:
            if self._wire.trip is not None:
                self.shared.house.timing.trips.leave(self._wire.trip)
            self._wire.detach()
        self._wire = None
        self.shared.open.discard(self)
        self.shared.hub.announce({"sessions"})

    def _mount(self, mount: Mount) -> None:
        # Subscribed before it is looked at: what comes between is then a nudge too many, never one too few.
        self.page.pubsub.subscribe_topic(hub_topics.topic(mount.plan.name), mount.nudged)
        mount.wire = self._wire
        mount.layout = self.shared.hub.scene.open(mount.plan)
        mount.mark = NOTHING
        self.mounts.append(mount)

    def _mount_page(self) -> None:
        """Mount what is not mounted yet of the page and of what is around it."""
        around, view = self._around, self._view
        if around is None or view is None:
            return
        if around.ways.layout is None:
            around.ways.plan = navigation(self.shared.title, self._page, phone=around.phone)
            self._choice = None
            order = [around.head, around.ways, view]
        else:
            # The page first, which is the most: what it is called then changes just before it is seen.
            order = [view, around.head]
            self._choose()
        for mount in order:
            if mount.layout is None:
                self._mount(mount)

    def _choose(self) -> None:
        """The browser is to be told again which page is the present one."""
        around = self._around
        if around is not None and around.ways.layout is not None:
            self._choice = choice(around.ways.layout, self._page, phone=around.phone)

    def _unmount(self, mount: Mount) -> None:
        if mount.layout is not None:
            self.page.pubsub.unsubscribe_topic(hub_topics.topic(mount.plan.name))
            self.shared.hub.scene.close(mount.layout)
            mount.layout = mount.wire = None
            self.mounts.remove(mount)

    def _poke(self) -> None:
        if self._wire is not None:
            self._wire.poke()

    # Own controls ----------------------------------------------------------------------------------------

    def _navigated(self, before: str, task: asyncio.Task[None]) -> None:
        self._navigating.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            # The browser went before it answered: there is nobody left to take anywhere.
            log.debug("session %s did not navigate: %s", self.name, error)
        elif self.route == before == self.page.route:
            # It led nowhere, and the browser has moved its navigation by itself.
            self._choose()
            self._poke()

    async def _route_changed(self, event: ft.RouteChangeEvent) -> None:
        if event.route != self.route:
            self.show(event.route)

    async def _resized(self, _event: ft.PageResizeEvent) -> None:
        if self._around is not None and self._around.phone is not self._is_phone():
            self.show(self.route)

    def _is_phone(self) -> bool:
        return bool(self.page.width) and float(self.page.width or 0) < PHONE

    def _surround(self, place: ft.Column, head: LayoutPlan, *, phone: bool) -> None:
        """Build all that this session has of its own, with the page in its place."""
        if self._around is not None:
            self._unmount(self._around.head)
            self._unmount(self._around.ways)
        named = Mount(ft.Container(), head)
        ways = Mount(ft.Container(), navigation(self.shared.title, self._page, phone=phone))
        main = ft.Column([named.slot, self._banner.slot, place], spacing=0, expand=True)
        self._around = Surroundings(phone, main, named, ways)
        self._banner.slot.padding = ft.Padding.symmetric(horizontal=_inside(phone=phone))
        self._coming = None
        self.page.controls.clear()
        if phone:
            main.controls.append(ways.slot)
            self.page.controls.append(ft.SafeArea(main, expand=True))
        else:
            whole = ft.Row([ways.slot, main], spacing=0, expand=True, vertical_alignment=STRETCH)
            self.page.controls.append(whole)
        # All slots are new to the browser: the banner's too, because its parents are.
        self._banner.mark = NOTHING
        self.page.update()

    def _bring(self, place: ft.Column, head: LayoutPlan, around: Surroundings) -> None:
        """Put the new page behind the one that is shown, out of sight until it is filled: see `_turn`."""
        if head.name != around.head.plan.name:
            self._unmount(around.head)
            around.head.plan = head
        place.visible = False
        shown = PLACE + 1
        around.main.controls[shown : shown + (self._coming is not None)] = [place]
        self._coming = place
        around.main.update()

    def _turn(self, coming: ft.Column) -> None:
        """The browser has all of the page that comes: it takes the place of the one that is shown."""
        self._coming = None
        if self._around is not None:
            coming.visible = True
            del self._around.main.controls[PLACE]
            self._around.main.update()

    def flip(self) -> None:
        """Change from light to dark, or back."""
        dark = self.page.theme_mode == ft.ThemeMode.DARK or (
            self.page.theme_mode == ft.ThemeMode.SYSTEM
            and self.page.platform_brightness == ft.Brightness.DARK
        )
        self.page.theme_mode = ft.ThemeMode.LIGHT if dark else ft.ThemeMode.DARK
        self.page.update()


def _inside(*, phone: bool) -> int:
    """The space between the edge of the screen and what is on it."""
    return 16 if phone else 24


async def open_session(page: ft.Page, shared: Shared) -> None:
    """What Flet calls for every new browser."""
    Session(page, shared).start()
