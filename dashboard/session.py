"""One person's session: his own controls, and which shared layouts he looks at."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import flet as ft

from dashboard import hub as hub_topics
from dashboard.banner import banner
from dashboard.chrome import STRETCH, colours, navigation, top
from dashboard.house import House
from dashboard.hub import Hub, Nudge
from dashboard.look import GROUND, PHONE, empty
from dashboard.scene import NOTHING, Layout, LayoutPlan, Mark, Question
from dashboard.views import Page, find
from dashboard.wire import Link, Wire

log = logging.getLogger(__name__)


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
        self._phone: bool | None = None
        self._banner = Mount(ft.Container(), banner(shared.house))
        self._around: list[Mount] = []
        self._view: Mount | None = None
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
        """Take the screen to a route."""
        found = find(route)
        for mount in self._page_mounts():
            self._unmount(mount)
        self.route = route
        self._view = None
        if found is None:
            heading = "Not found"
            content: ft.Control = empty("explore_off", "There is no such page", f"Nothing is at {route}")
        else:
            page, values = found
            heading = page.heading(self.shared.house, values) if page.heading else page.title
            slot = ft.Container()
            content = self._with_tools(slot, page, values)
            self._view = Mount(slot, page.layout(self.shared.house, values))
        self._build(content, heading, found[0] if found else None)
        for mount in self._page_mounts():
            self._mount(mount)
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
        task.add_done_callback(self._navigated)

    def pull(self) -> bytes | None:
        """The next frame that the browser misses; the wire asks when its socket takes more."""
        for mount in self.mounts:
            if mount.layout is not None and mount.mark != mount.layout.mark:
                frame = mount.layout.catch_up(mount.slot._i, mount.mark)
                mount.mark = mount.layout.mark
                if frame is not None:
                    return frame
        return None

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
        self.shared.open.add(self)
        self.shared.hub.announce({"sessions"})
        self._mount(self._banner)

    async def _connected(self, _event: ft.Event[ft.Page]) -> None:
        self._let_go()
        self._attach()
        if self.page.route and self.page.route != self.route:
            # He went to another page just as the connection was lost.
            self.show(self.page.route)
            return
        for mount in self._page_mounts():
            self._mount(mount)
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

    def _page_mounts(self) -> list[Mount]:
        """What changes with the page."""
        return self._around if self._view is None else [*self._around, self._view]

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

    def _navigated(self, task: asyncio.Task[None]) -> None:
        self._navigating.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The browser went before it answered: there is nobody left to take anywhere.
            log.debug("session %s did not navigate: %s", self.name, error)

    async def _route_changed(self, event: ft.RouteChangeEvent) -> None:
        if event.route != self.route:
            self.show(event.route)

    async def _resized(self, _event: ft.PageResizeEvent) -> None:
        if self._phone is not self._is_phone():
            self.show(self.route)

    def _is_phone(self) -> bool:
        return bool(self.page.width) and float(self.page.width or 0) < PHONE

    def _with_tools(self, slot: ft.Container, page: Page, values: Mapping[str, str]) -> ft.Control:
        if page.tools is None:
            return slot
        return ft.Column(
            [page.tools(values, self.go), slot], spacing=16,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        )  # fmt: skip

    def _build(self, content: ft.Control, heading: str, current: Page | None) -> None:
        phone = self._phone = self._is_phone()
        inside = 16 if phone else 24
        self._banner.slot.padding = ft.Padding.symmetric(horizontal=inside)
        back = current is not None and current.rank is None
        head = Mount(ft.Container(), top(heading, back=back, phone=phone))
        ways = Mount(ft.Container(), navigation(self.shared.title, current, phone=phone))
        self._around = [head, ways]
        scroll = ft.Column([ft.Container(content, padding=inside)], scroll=ft.ScrollMode.AUTO, expand=True)
        main = ft.Column([head.slot, self._banner.slot, scroll], spacing=0, expand=True)
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

    def flip(self) -> None:
        """Change from light to dark, or back."""
        dark = self.page.theme_mode == ft.ThemeMode.DARK or (
            self.page.theme_mode == ft.ThemeMode.SYSTEM
            and self.page.platform_brightness == ft.Brightness.DARK
        )
        self.page.theme_mode = ft.ThemeMode.LIGHT if dark else ft.ThemeMode.DARK
        self.page.update()


async def open_session(page: ft.Page, shared: Shared) -> None:
    """What Flet calls for every new browser."""
    Session(page, shared).start()
