"""One tree for all: cards are built and encoded once and shared by every session that shows them.

A *card* is a control tree whose changing properties are *live*: each is a function of the card's view.
A *layout* is an ordered list of cards below one host control; all sessions that show it get the same bytes.
There is one way to bring a screen to the present, `Layout.catch_up`: told the mark of what a session has, it
gives the bytes that are missing, which is nothing, the changes since, or the whole. So a session that falls
behind never has a backlog and never misses a change. All of this belongs to the thread of the web loop.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import flet as ft

from dashboard.flet_messages import (
    Fragment,
    Place,
    fragment,
    pack,
    pack_host,
    patch_cards,
    path_tree,
    prepare,
    replace_property,
)

log = logging.getLogger(__name__)

TREES = 64
"""Sets of places on a card whose paths are remembered."""
T = TypeVar("T")
View = TypeVar("View")
ControlT = TypeVar("ControlT", bound=ft.BaseControl)


class Who(Protocol):
    """The session that clicked, as far as a shared card needs to know it."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    def tell(self, text: str) -> None:
        """Say something to this person alone."""

    def go(self, route: str) -> None:
        """Take this person to another page."""

    def ask(self, question: "Question") -> None:
        """Put a question to this person alone."""

    def flip(self) -> None:
        """Change this person's screen from light to dark, or back."""


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

    __slots__ = ("changed", "control", "name", "place", "value", "value_of")

    place: Place
    """Where it is in the card; known once the card is drawn."""

    def __init__(
        self, control: ft.BaseControl, name: str, value_of: Callable[[View], Any], value: object
    ) -> None:
        self.control = control
        self.name = name
        self.value_of = value_of
        self.value = value
        self.changed = 0


class Drawing(Generic[View]):
    """Handed to the function that draws a card: ties properties to the view, and events to handlers.

    `view` is kept up to date, so that a handler sees the present.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.lives: list[_Live[View]] = []
        self.handlers: dict[int, dict[str, OnEvent]] = {}

    def live(self, control: ControlT, **properties: Callable[[View], Any]) -> ControlT:
        """Let properties of `control` follow the view; they are set from the present one at once."""
        for name, value_of in properties.items():
            value = value_of(self.view)
            setattr(control, name, value)
            self.lives.append(_Live(control, name, value_of, value))
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
    value that the view is made of: while it is the same object, nothing newer can be seen.
    """

    key: str
    follows: frozenset[str]
    look: Callable[[], View]
    draw: Callable[[Drawing[View]], ft.Control]
    shape: Callable[[View], object] = lambda _view: None
    source: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """How to make a layout. `arrange` is asked again when one of the tags it `follows` is touched."""

    name: str
    follows: frozenset[str]
    arrange: Callable[[], Sequence[CardPlan[Any]]]
    host: Callable[[], ft.Control] = lambda: ft.ResponsiveRow(spacing=16, run_spacing=16)


@dataclass(slots=True)
class _Drawn(Generic[View]):
    """A card's tree with what is derived from it; the last two are filled when asked for."""

    control: ft.Control
    drawing: Drawing[View]
    shape: object
    packed: bytes | None = None
    fragment: tuple[tuple[int, int], Fragment] | None = None
    trees: dict[tuple[Place, ...], bytes] = field(default_factory=dict)

    def tree(self, places: tuple[Place, ...]) -> bytes:
        """The packed paths to these places; mostly the same few change together."""
        found = self.trees.get(places)
        if found is None:
            if len(self.trees) >= TREES:
                self.trees.clear()
            found = self.trees[places] = path_tree(self.control._i, places)
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
        for live in self._now.drawing.lives:
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
        if self.plan.shape(view) != self._now.shape:
            self._now = _draw(self.plan, view)
            self.drawn = self.changed = self._written = sequence
            return True
        self._now.drawing.view = view
        for live in self._now.drawing.lives:
            value = live.value_of(view)
            if value != live.value:
                live.value = value
                live.changed = self.changed = sequence
                # Not at the end: when a later property cannot be told, this one has changed all the same.
                self._now.packed = None
        return self.changed == sequence

    def assert_again(self, control: int, sequence: int) -> None:
        """Mark a control's live properties as changed, because a browser moved it by itself."""
        for live in self._now.drawing.lives:
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
            writes = [(live.place, pack(live.value)) for live in now.drawing.lives if live.changed > sequence]
            tree = now.tree(tuple([place for place, _value in writes]))
            now.fragment = (key, fragment(tree, writes))
        return now.fragment[1]


def _draw(plan: CardPlan[View], view: View) -> _Drawn[View]:
    drawing = Drawing(view)
    control = plan.draw(drawing)
    paths = prepare(control)
    for live in drawing.lives:
        node = live.control._i
        live.place = Place.at(node, paths[node], live.name)
    return _Drawn(control, drawing, plan.shape(view))


@dataclass(frozen=True, slots=True)
class Mark:
    """What a screen has of a layout: which arrangement of cards, and all changes up to a sequence."""

    number: int
    sequence: int


NOTHING = Mark(-1, -1)
"""A screen that has nothing yet."""


class Layout:
    """Cards below a host. `mark.number` grows when cards come, go, move or are redrawn.

    `told`: the screens have been told of the present. `before` is the mark that most of them have until then.
    """

    def __init__(self, plan: LayoutPlan) -> None:
        self.plan = plan
        self.users = 0
        self.cards: list[Card[Any]] = []
        self.mark = self.before = Mark(0, 0)
        self.told = True
        self._host = plan.host()
        prepare(self._host)
        self._cache: dict[Mark, bytes | None] = {}

    def catch_up(self, slot: int, mark: Mark) -> bytes | None:
        """The frame that brings a screen from `mark` to the present; None if nothing is missing.

        `slot` is the id of the session's own container that holds the host.
        """
        if mark == self.mark:
            return None
        base = mark if mark.number == self.mark.number else NOTHING
        if base not in self._cache:
            self._cache[base] = self._whole() if base is NOTHING else self._delta(base.sequence)
        found = self._cache[base]
        return replace_property(slot, "content", found) if base is NOTHING and found else found

    def present(self, mark: Mark) -> None:
        """The cards have changed: this is the present from now on."""
        if self.told:
            self.before, self.told = self.mark, False
        self.mark = mark
        self._cache.clear()

    def _whole(self) -> bytes:
        return pack_host(self._host, "controls", [card.packed() for card in self.cards])

    def _delta(self, sequence: int) -> bytes | None:
        parts = [(n, part) for n, card in enumerate(self.cards) if (part := card.since(sequence)) is not None]
        return patch_cards(self._host._i, "controls", parts) if parts else None


class Scene:
    """All cards and layouts that somebody looks at. What nobody looks at costs nothing."""

    def __init__(self) -> None:
        self.sequence = 0
        self.cards: dict[str, Card[Any]] = {}
        self.layouts: dict[str, Layout] = {}
        self.looked_at: Callable[[], None] = lambda: None
        """Called when somebody looks after nobody did."""
        self._untold: dict[Layout, None] = {}
        self._by_control: dict[int, Card[Any]] = {}
        self._cards_by_tag: dict[str, dict[Card[Any], None]] = {}
        self._layouts_by_tag: dict[str, dict[Layout, None]] = {}

    def open(self, plan: LayoutPlan) -> Layout:
        """The layout of this name, made now if nobody else looks at it. Give it back with `close`.

        Its cards are as if they had been drawn now: who comes from another page has perhaps seen there what
        these have not been told of yet.
        """
        if not self.layouts:
            self.looked_at()
        layout = self.layouts.get(plan.name)
        if layout is None:
            layout = Layout(plan)
            self._arrange(layout)
            layout.told = True
            self.layouts[plan.name] = layout
            _follow(layout, plan.follows, self._layouts_by_tag)
        layout.users += 1
        stale = [card for card in layout.cards if card.stale]
        if stale:
            self.sequence += 1
            # What these follow is about to be touched: then the others are told too.
            self._untold |= dict.fromkeys(self._look(stale))
        return layout

    def close(self, layout: Layout) -> None:
        """Somebody no longer looks at it; the last one takes it away, with the cards that were only there."""
        layout.users -= 1
        if layout.users == 0:
            self._untold.pop(layout, None)
            del self.layouts[layout.plan.name]
            _unfollow(layout, layout.plan.follows, self._layouts_by_tag)
            self._release(layout, layout.cards)

    def touch(self, tags: Iterable[str]) -> list[Layout]:
        """Something behind these tags changed: look again. The layouts whose screens must now catch up."""
        touched = frozenset(tags)
        self.sequence += 1
        changed, self._untold = self._untold, {}
        changed |= dict.fromkeys(self._look(_following(touched, self._cards_by_tag)))
        for layout in _following(touched, self._layouts_by_tag):
            number = layout.mark.number
            self._rearrange(layout)
            if layout.mark.number != number:
                changed[layout] = None
        return list(changed)

    def event(self, target: int, name: str, data: object, who: Who) -> None:
        """A person acted on a shared control: run its handler, then let every screen show the truth again."""
        card = self._by_control[target]
        self.sequence += 1
        card.assert_again(target, self.sequence)
        if card.changed == self.sequence:
            for layout in self.showing(target):
                layout.present(Mark(layout.mark.number, self.sequence))
        handler = card.handlers[target].get(name)
        if handler is not None:
            handler(who, data)

    def showing(self, control: int) -> list[Layout]:
        """The layouts whose cards have this control and answer for it."""
        card = self._by_control.get(control)
        return [] if card is None else list(card.layouts)

    def knows(self, control: int) -> bool:
        """Whether a shared card has this control and answers for it."""
        return control in self._by_control

    def _look(self, cards: Iterable[Card[Any]]) -> Iterable[Layout]:
        """Look again at these; the layouts that have changed by it, which have a new present."""
        redrawn: dict[Layout, bool] = {}
        for card in cards:
            self._refresh(card)
            if card.changed == self.sequence:
                for layout in card.layouts:
                    redrawn[layout] = redrawn.get(layout, False) or card.drawn == self.sequence
        for layout, anew in redrawn.items():
            layout.present(Mark(layout.mark.number + anew, self.sequence))
        return redrawn

    def _refresh(self, card: Card[Any]) -> None:
        before = card.handlers
        try:
            card.refresh(self.sequence)
        except Exception:
            log.exception("our fault: the card %s cannot be shown as it is now", card.plan.key)
        if card.handlers is not before:
            self._forget(before)
            self._by_control.update(dict.fromkeys(card.handlers, card))

    def _rearrange(self, layout: Layout) -> None:
        try:
            self._arrange(layout)
        except Exception:
            log.exception("our fault: the layout %s cannot be arranged anew", layout.plan.name)

    def _arrange(self, layout: Layout) -> None:
        plans = layout.plan.arrange()
        if [plan.key for plan in plans] == [card.plan.key for card in layout.cards]:
            return
        before, layout.cards = layout.cards, list(self._used(plans))
        self._release(layout, before)
        for card in layout.cards:
            card.layouts[layout] = None
        layout.present(Mark(layout.mark.number + 1, self.sequence))

    def _used(self, plans: Iterable[CardPlan[Any]]) -> Iterator[Card[Any]]:
        for plan in plans:
            try:
                card = self._use(plan)
            except Exception:
                # Left out alone, and tried again with the next arrangement.
                log.exception("our fault: the card %s cannot be drawn", plan.key)
            else:
                yield card

    def _use(self, plan: CardPlan[Any]) -> Card[Any]:
        card = self.cards.get(plan.key)
        if card is None:
            card = self.cards[plan.key] = Card(plan, self.sequence)
            _follow(card, plan.follows, self._cards_by_tag)
            self._by_control.update(dict.fromkeys(card.handlers, card))
        card.users += 1
        return card

    def _release(self, layout: Layout, cards: Iterable[Card[Any]]) -> None:
        for card in cards:
            card.users -= 1
            card.layouts.pop(layout, None)
            if card.users == 0:
                del self.cards[card.plan.key]
                _unfollow(card, card.plan.follows, self._cards_by_tag)
                self._forget(card.handlers)

    def _forget(self, controls: Iterable[int]) -> None:
        for control in controls:
            self._by_control.pop(control, None)


def _following(touched: Iterable[str], by_tag: Mapping[str, Iterable[T]]) -> Iterable[T]:
    """All that follow one of the tags, each once, as they are now."""
    return list(dict.fromkeys(one for tag in touched for one in by_tag.get(tag, ())))


def _follow(one: T, tags: Iterable[str], by_tag: dict[str, dict[T, None]]) -> None:
    for tag in tags:
        by_tag.setdefault(tag, {})[one] = None


def _unfollow(one: T, tags: Iterable[str], by_tag: dict[str, dict[T, None]]) -> None:
    for tag in tags:
        del by_tag[tag][one]
        if not by_tag[tag]:
            del by_tag[tag]
