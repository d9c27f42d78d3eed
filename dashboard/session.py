"""One person's session: his own controls, and which shared layouts he looks at."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import flet as ft

from dashboard.admission import WHOLE, told
from dashboard.banner import banner
from dashboard.body import Body
from dashboard.card import Question
from dashboard.chrome import choice, colours, head_of, navigation, nowhere
from dashboard.clipboard import copy
from dashboard.dialogs import question_dialog
from dashboard.house import House
from dashboard.hub import Hub
from dashboard.keys import Keys, help_on, letters_of
from dashboard.look import GROUND
from dashboard.mount import Mount, Mounts
from dashboard.preferences import preferences_dialog
from dashboard.reader import Reader
from dashboard.scene import NOTHING, LayoutPlan
from dashboard.surroundings import Shape, Surroundings
from dashboard.views import Page, find, pages
from dashboard.wire import Link
from dashboard.wishes import Wishes, note, wishes_of

log = logging.getLogger(__name__)

TYPING = 0.15
"""Seconds without a further key after which what is sought is looked for."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions of a process share. `open` holds the connected ones."""

    house: House
    hub: Hub
    title: str
    language: str = ""
    """Of who wishes none; else his browser's."""
    open: set["Session"] = field(default_factory=set)
    colours: bytes = field(default_factory=colours)

    @property
    def behind(self) -> int:
        """How many browsers have not taken yet what they were to be told."""
        wires = [session.mounts.wire for session in self.open]
        return sum(wire is not None and wire.behind for wire in wires)


class Session:
    """Built once a browser; lives through lost connections until Flet evicts it.

    Everything runs on the web loop. While the browser is away, nothing is held but Flet's page and this.
    """

    def __init__(self, page: ft.Page, shared: Shared) -> None:
        self.page = page
        self.shared = shared
        self.route = ""
        self.mounts = Mounts(page, shared.hub)
        self.hold = self.mounts.hold
        self.wishes = Wishes()
        self.reader = Reader()
        self._address = ""
        self._banner = Mount(ft.Container(), banner(shared.house, self.reader))
        self._around: Surroundings | None = None
        self._body: Body | None = None
        self._refining: asyncio.TimerHandle | None = None
        self._choice: bytes | None = None
        self._whole: bytes | None = None
        self._navigating: set[asyncio.Task[None]] = set()
        self._keys = Keys(letters_of(pages()))
        self._clipboard = ft.Clipboard()

    @property
    def name(self) -> str:
        """What the log calls this session."""
        return str(self.page.session.id)[:8]

    def start(self) -> None:
        """Show the page of the route that the browser opened."""
        page = self.page
        page.title = self.shared.title
        page.padding = 0
        page.bgcolor = GROUND
        page.on_route_change = self._route_changed
        page.on_resize = self._resized
        page.on_keyboard_event = self._pressed
        page.on_connect = self._connected
        self._attach()
        self.show(page.route or "/")

    def show(self, route: str) -> None:
        """Take the screen to a route. What it shows stays until all of the new page is there.

        Within one page, only what is below its tools changes, where it stands.
        """
        self._address = route
        page, values = find(route, self.wishes) or (None, {})
        shape = Shape.of(self.page.width, route)
        self.mounts.replan(self._banner, banner(self.shared.house, self.reader, kiosk=shape.kiosk))
        around = self._around if self._around is not None and self._around.shape == shape else None
        if page is not None and around is not None and self._same_path(route):
            self._follow(route, page, values, around)
            return
        plan = page.layout(self.shared.house, values, self.reader) if page else nowhere(route, self.reader)
        for mount in self._body.mounts if self._body is not None else ():
            self.mounts.remove(mount)
        if self._refining is not None:
            self._refining.cancel()
        self.route = route
        self._body = Body(self.shared.house, page, values, self, plan)
        place = self._body.control(shape.padding, self.mounts)
        head = head_of(self.shared.house, page, values, self.reader, phone=shape.phone)
        if around is None:
            self._surround(place, head, shape)
        else:
            self.mounts.replan(around.head, head, now=False)
            around.bring(place)
        self._mount_page()
        self._poke()

    def refine(self, route: str) -> None:
        """See `Who`. It waits until he no longer types."""
        if self._refining is not None:
            self._refining.cancel()
        self._refining = asyncio.get_running_loop().call_later(TYPING, self._refine, route)

    def send(self, frame: bytes) -> None:
        """See `Who`."""
        if self.mounts.wire is not None:
            self.mounts.wire.put(frame)

    def copy(self, text: str) -> None:
        """See `Who`."""
        task = asyncio.create_task(copy(self._clipboard, self, text), name=f"session {self.name} copies")
        self._navigating.add(task)
        task.add_done_callback(self._navigating.discard)

    @property
    def origin(self) -> str:
        """See `Who`."""
        return self.mounts.wire.origin if self.mounts.wire is not None else ""

    def open(self, dialog: ft.DialogControl) -> None:
        """See `Who`."""
        self.page.show_dialog(dialog)

    def close(self, dialog: ft.DialogControl) -> None:
        """See `Who`."""
        dialog.open = False
        dialog.update()

    def tell(self, text: str) -> None:
        """Say something to this person, at the bottom of his screen."""
        self.page.show_dialog(ft.SnackBar(ft.Text(text), duration=5_000))

    def ask(self, question: Question) -> None:
        """Put a question to this person, above what he looks at."""
        self.page.show_dialog(question_dialog(self, question))

    def prefer(self) -> None:
        """Let him choose theme, language, units and time zone."""
        self.page.show_dialog(preferences_dialog(self, self.wishes, self._wish))

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
        missing = self.mounts.missing()
        if missing is not None:
            return missing
        frame, self._choice = self._choice, None
        if frame is None and not (self._around is not None and self._around.turn()):
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
                self.tell(self.reader.say("Something went wrong. It has been logged."))
        return True

    # Connection ------------------------------------------------------------------------------------------

    def _attach(self) -> None:
        connection = self.page.session.connection
        if isinstance(connection, Link):
            wire = self.mounts.wire = connection.wire
            wire.pull, wire.event, wire.ended = self.pull, self.event, self._let_go
            wire.name = f"session {self.name}"
            wire.timing = self.shared.house.timing
            wire.trip = wire.timing.trips.join()
            wire.put(self.shared.colours)
            self._read(wishes_of(wire.url))
            self._whole = WHOLE if told(wire.url) else None
        self.shared.open.add(self)
        self.shared.hub.announce({"sessions"})
        self.mounts.add(self._banner)

    async def _connected(self, _event: ft.Event[ft.Page]) -> None:
        before = self.wishes.overview
        self._let_go()
        self._attach()
        resized = self._around is None or self._around.shape != Shape.of(self.page.width, self.route)
        moved = bool(self.page.route) and self.page.route != self._address
        if resized or moved or self.wishes.overview != before:
            # He went to another page, turned his phone, or chose in another tab, while it was lost.
            self.show(self.page.route if moved else self.route)
            return
        self._mount_page()
        self._poke()

    def _let_go(self) -> None:
        for mount in self.mounts:
            self.mounts.remove(mount)
        if self.mounts.wire is not None:
            if self.mounts.wire.trip is not None:
                self.shared.house.timing.trips.leave(self.mounts.wire.trip)
            self.mounts.wire.detach()
        self.mounts.wire = None
        self.shared.open.discard(self)
        self.shared.hub.announce({"sessions"})

    def _mount_page(self) -> None:
        """Mount what is not mounted yet of the page and of what is around it."""
        around, body = self._around, self._body
        if around is None or body is None:
            return
        if around.ways.layout is None:
            around.ways.plan = navigation(
                self.shared.title, self._page, self.reader, phone=around.shape.phone
            )
            self._choice = None
            order = [around.head, around.ways, *body.mounts]
        else:
            # The page first, which is the most: what it is called then changes just before it is seen.
            order = [*body.mounts, around.head]
            self._choose()
        for mount in order:
            self.mounts.add(mount)

    def _choose(self) -> None:
        """The browser is to be told again which page is the present one."""
        around = self._around
        if around is not None and around.ways.layout is not None:
            self._choice = choice(around.ways.layout, self._page, phone=around.shape.phone)

    def _poke(self) -> None:
        if self.mounts.wire is not None:
            self.mounts.wire.poke()

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
        before, self.reader = self.reader, self.reader.within(self.page.width)
        wider = self.reader != before and self._body is not None and self._body.differs(self.reader)
        if self._around is not None and (
            wider or self._around.shape != Shape.of(self.page.width, self.route)
        ):
            self.show(self.route)

    async def _pressed(self, event: ft.KeyboardEvent) -> None:
        tools = self._body.tools if self._body is not None else None
        asked = any(one.open for one in self.page._dialogs.controls if not isinstance(one, ft.SnackBar))  # noqa: SLF001
        if event.ctrl or event.alt or event.meta or asked or (tools is not None and tools.typing):
            return
        wants = self._keys.press(event.key, time.monotonic())
        if wants.route:
            self.go(wants.route)
        elif wants.help:
            self.ask(help_on(pages(), self.reader))
        elif wants.search and tools is not None:
            await tools.search()
        elif self._body is not None:
            self._body.press(event.key, shift=event.shift)

    def _surround(self, place: ft.Column, head: LayoutPlan, shape: Shape) -> None:
        """Build all that this session has of its own, with the page in its place."""
        if self._around is not None:
            self.mounts.remove(self._around.head)
            self.mounts.remove(self._around.ways)
        ways = navigation(self.shared.title, self._page, self.reader, phone=shape.phone)
        named, leading = Mount(ft.Container(), head), Mount(ft.Container(), ways)
        self._around = Surroundings(shape, named, leading, self._banner, place)
        self.page.controls = [self._around.control]
        # All slots are new to the browser: the banner's too, because its parents are.
        self._banner.mark = NOTHING
        self.page.update()

    def flip(self) -> None:
        """Change from light to dark, or back."""
        dark = self.wishes.theme == "dark" or (
            self.wishes.theme == "system" and self.page.platform_brightness == ft.Brightness.DARK
        )
        self._wish(replace(self.wishes, theme="light" if dark else "dark"))

    def remember(self, usual: Mapping[str, str]) -> None:
        """See `Who`."""
        self._wish(self.wishes.but_overview(usual))

    # What he wishes --------------------------------------------------------------------------------------

    def _wish(self, wishes: Wishes) -> None:
        """He has chosen anew: his browser keeps it, and all that he sees follows."""
        self.send(wishes.note)
        before, usual = self.reader, self.wishes.overview
        self._read(wishes)
        self.page.update()
        if self.reader != before:
            self.mounts.add(self._banner)
        if self.reader != before or wishes.overview != usual:
            self.show(self.route)

    def _read(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.page.theme_mode = ft.ThemeMode(wishes.theme)
        before = self.reader
        self.reader = wishes.reader(self.shared.language).within(self.page.width)
        if self.reader == before:
            return
        for mount in self.mounts:
            self.mounts.remove(mount)
        self._banner = Mount(ft.Container(), banner(self.shared.house, self.reader))
        self._around = None

    # From one address of a page to another ----------------------------------------------------------------

    @property
    def _page(self) -> Page | None:
        return self._body.page if self._body is not None else None

    def _same_path(self, route: str) -> bool:
        return self._page is not None and route.partition("?")[0] == self.route.partition("?")[0]

    def _refine(self, route: str) -> None:
        self._refining = None
        found = find(route, self.wishes)
        if found is not None and self._around is not None and self._same_path(route):
            # In the place of the present address, not after it: else each letter would be a step back.
            self.send(note({"route": route}))
            self._follow(route, *found, self._around)

    def _follow(self, route: str, page: Page, values: Mapping[str, str], around: Surroundings) -> None:
        if self._body is None:
            return
        self.route = route
        self._body.follow(values, page.layout(self.shared.house, values, self.reader), self.mounts)
        head = head_of(self.shared.house, page, values, self.reader, phone=around.shape.phone)
        self.mounts.replan(around.head, head)
        if self._body.view.layout is None:
            self._mount_page()
        self._poke()


async def open_session(page: ft.Page, shared: Shared) -> None:
    """What Flet calls for every new browser."""
    Session(page, shared).start()
