"""A card: a control tree whose changing properties are *live*, each a function of the card's view."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import flet as ft

from dashboard.flet_messages import Fragment, Place, fragment, pack, path_tree, prepare

if TYPE_CHECKING:
    from dashboard.reader import Reader
    from dashboard.scene import Layout

TREES = 64
"""Sets of places on a card whose paths are remembered."""
View = TypeVar("View")
ControlT = TypeVar("ControlT", bound=ft.BaseControl)


class Who(Protocol):
    """The session that clicked, as far as a shared card needs to know it."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    @property
    def route(self) -> str:
        """The address that this person looks at."""

    def tell(self, text: str) -> None:
        """Say something to this person alone."""

    def go(self, route: str) -> None:
        """Take this person to another page."""

    def ask(self, question: "Question") -> None:
        """Put a question to this person alone."""

    def flip(self) -> None:
        """Change this person's screen from light to dark, or back."""

    def prefer(self) -> None:
        """Let this person choose theme, language, units and time zone."""

    @property
    def reader(self) -> "Reader":
        """His language, units and time zone."""

    def refine(self, route: str) -> None:
        """Show another address of the same page at once, without an entry in the browser's history yet."""

    def send(self, frame: bytes) -> None:
        """Change what this person alone sees of a shared card, such as what he points at.

        It is gone when the card is sent anew, as when another of its layout was drawn; see `hold`.
        """

    def hold(
        self, control: int, again: Callable[[], None] | None, changed: Callable[[], None] | None = None
    ) -> None:
        """Call `again` whenever the card that answers for a control has been sent to him anew, as a whole.

        `changed` is called after each other change of its layout, often one of another card. There is one
        pair for each control; None takes it away, and so does another page.
        """

    def copy(self, text: str) -> None:
        """Put a text on this person's clipboard, and tell him so, or that his browser does not allow it."""

    @property
    def origin(self) -> str:
        """Where his browser has the dashboard: scheme, host and port, such as `http://house:8550`."""

    def remember(self, usual: Mapping[str, str]) -> None:
        """Keep in his browser how he wants the overview where its address does not say it.

        By the names of `Wishes`: `group`, `sort` and `size`, empty for as it is for everybody.
        """

    def open(self, dialog: ft.DialogControl) -> None:
        """Show a dialog of his own."""

    def close(self, dialog: ft.DialogControl) -> None:
        """Take it away."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `lines` explain it; who presses the button `yes` wants `then`.

    Without `yes` there is nothing to decide, only to read.
    """

    title: str
    lines: Sequence[str] = ()
    yes: str = ""
    then: Callable[[], None] = lambda: None


OnEvent = Callable[[Who, object], None]


class _Live(Generic[View]):
    """A property that follows the view, with the sequence of its last change."""

    __slots__ = ("changed", "control", "name", "number", "place", "value", "value_of")

    place: Place
    """Where it is in the card; known once the card is drawn."""
    number: int
    """Which of the card's it is; known likewise."""

    def __init__(
        self, control: ft.BaseControl, name: str, value_of: Callable[[View], Any], value: object
    ) -> None:
        self.control = control
        self.name = name
        self.value_of = value_of
        self.value = value
        self.changed = 0


class _Group(Generic[View]):
    """Properties that are looked at together: when `token_of` gives another object, or None."""

    __slots__ = ("lives", "token", "token_of")

    def __init__(self, token_of: Callable[[View], object], token: object) -> None:
        self.token_of = token_of
        self.token = token
        self.lives: list[_Live[View]] = []


def _always(_view: object) -> None:
    """The token of what may change with everything."""


class Drawing(Generic[View]):
    """Handed to the function that draws a card: ties properties to the view, and events to handlers.

    `view` is kept up to date, so that a handler sees the present.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.groups: dict[Callable[[View], object], _Group[View]] = {}
        self.handlers: dict[int, dict[str, OnEvent]] = {}

    @property
    def lives(self) -> Iterator[_Live[View]]:
        """All live properties."""
        return chain.from_iterable(group.lives for group in self.groups.values())

    def live(self, control: ControlT, **properties: Callable[[View], Any]) -> ControlT:
        """Let properties of `control` follow the view; they are set from the present one at once."""
        return self.lasting(_always, control, **properties)

    def lasting(
        self, token_of: Callable[[View], object], control: ControlT, /, **properties: Callable[[View], Any]
    ) -> ControlT:
        """The same for what cannot change while `token_of` gives the same object, which is not None.

        It is then not looked at: most of a card stays as it is when a value comes.
        """
        group = self.groups.get(token_of)
        if group is None:
            group = self.groups[token_of] = _Group(token_of, token_of(self.view))
        for name, value_of in properties.items():
            value = value_of(self.view)
            setattr(control, name, value)
            group.lives.append(_Live(control, name, value_of, value))
        return control

    def on(self, control: ControlT, **handlers: OnEvent) -> ControlT:
        """Call a handler, as `change=…` or `click=…`, with who did it and the event's data."""
        self.handlers.setdefault(control._i, {}).update(handlers)
        for name in handlers:
            setattr(control, f"on_{name}", _answered_at_the_wire)
        return control


def _answered_at_the_wire(_event: object) -> None:
    """Flet reports an event only if a handler is set; the wire answers it before Flet sees it."""


@dataclass(frozen=True, slots=True)
class CardPlan(Generic[View]):
    """How to make a card. It is looked at again when one of the tags it `follows` is touched.

    `shape(view)` must change when `draw` would give other controls, and only then. `source` is the frozen
    value that the view is made of: while it is the same object, nothing newer can be seen. `late`: what
    somebody did on it counts even if others have just taken its place.
    """

    key: str
    follows: frozenset[str]
    look: Callable[[], View]
    draw: Callable[[Drawing[View]], ft.Control]
    shape: Callable[[View], object] = lambda _view: None
    source: Callable[[], object] = lambda: None
    late: bool = False


@dataclass(slots=True)
class _Drawn(Generic[View]):
    """A card's tree with what is derived from it; the last two are filled when asked for."""

    control: ft.Control
    drawing: Drawing[View]
    shape: object
    packed: bytes | None = None
    fragment: tuple[tuple[int, int], Fragment] | None = None
    lives: tuple[_Live[View], ...] = ()
    trees: dict[tuple[int, ...], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lives = tuple(self.drawing.lives)

    def tree(self, lives: Sequence[_Live[View]]) -> bytes:
        """The packed paths to these; mostly the same few change together."""
        which = tuple([live.number for live in lives])
        found = self.trees.get(which)
        if found is None:
            if len(self.trees) >= TREES:
                self.trees.clear()
            found = self.trees[which] = path_tree(self.control._i, [live.place for live in lives])
        return found


class Card(Generic[View]):
    """A drawn card, kept in step with its view.

    `changed` is the sequence of its last change, `drawn` that of its last drawing; `layouts` show it.
    """

    def __init__(self, plan: CardPlan[View], sequence: int) -> None:
        self.plan = plan
        self.users = 0
        self.layouts: dict[Layout, None] = {}
        self.drawn = self.changed = self._written = sequence
        self._source = plan.source()
        self._now = _draw(plan, plan.look())

    @property
    def stale(self) -> bool:
        """Whether a card that is drawn now might show something newer."""
        return self.plan.source() is not self._source

    @property
    def control(self) -> ft.Control:
        """The shared tree, as it is now: what changed since it was last asked for is written into it."""
        for live in self._now.lives:
            if live.changed > self._written:
                setattr(live.control, live.name, live.value)
        self._written = self.changed
        return self._now.control

    @property
    def handlers(self) -> dict[int, dict[str, OnEvent]]:
        """Who answers for which control."""
        return self._now.drawing.handlers

    def refresh(self, sequence: int) -> bool:
        """Look again; True if anything on the card changed. A redrawn card has `drawn == sequence`."""
        self._source = self.plan.source()
        view = self.plan.look()
        now = self._now
        shape = self.plan.shape(view)
        if shape is not now.shape and shape != now.shape:
            self._now = _draw(self.plan, view)
            self.drawn = self.changed = self._written = sequence
            return True
        now.drawing.view = view
        for group in now.drawing.groups.values():
            token = group.token_of(view)
            if token is group.token and token is not None:
                continue
            for live in group.lives:
                value = live.value_of(view)
                if value != live.value:
                    live.value = value
                    live.changed = self.changed = sequence
                    # Not at the end: when a later property cannot be told, this one has changed all the same.
                    now.packed = None
            group.token = token
        return self.changed == sequence

    def assert_again(self, control: int, sequence: int) -> None:
        """Mark a control's live properties as changed, because a browser moved it by itself."""
        for live in self._now.lives:
            if live.control._i == control:
                live.changed = self.changed = sequence

    def packed(self) -> bytes:
        """The whole card as it is now."""
        if self._now.packed is None:
            self._now.packed = pack(self.control)
        return self._now.packed

    def since(self, sequence: int) -> Fragment | None:
        """What changed after `sequence`, which is not before `drawn`; None if nothing did."""
        if self.changed <= sequence:
            return None
        now, key = self._now, (sequence, self.changed)
        if now.fragment is None or now.fragment[0] != key:
            changed = [live for live in now.lives if live.changed > sequence]
            writes = [(live.place, pack(live.value)) for live in changed]
            now.fragment = (key, fragment(now.tree(changed), writes))
        return now.fragment[1]


def _draw(plan: CardPlan[View], view: View) -> _Drawn[View]:
    drawing = Drawing(view)
    control = plan.draw(drawing)
    paths = prepare(control)
    for number, live in enumerate(drawing.lives):
        node = live.control._i
        live.place = Place.at(node, paths[node], live.name)
        live.number = number
    return _Drawn(control, drawing, plan.shape(view))
