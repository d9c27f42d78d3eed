"""One tree for all: cards are built and encoded once and shared by every session that shows them.

A *card* is a control tree whose changing properties are *live*: each is a function of the card's view.
A *layout* is an ordered list of cards below one host control; all sessions that show it get the same bytes.
There is one way to bring a screen to the present, `Layout.catch_up`: told the mark of what a session has, it
gives the bytes that are missing, which is nothing, the changes since, or the whole. So a session that falls
behind never has a backlog and never misses a change. All of this belongs to the thread of the web loop.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import flet as ft

from dashboard.card import Card, CardPlan, OnEvent, Who
from dashboard.flet_messages import pack_host, patch_cards, prepare, replace_property

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """How to make a layout. `arrange` is asked again when one of the tags it `follows` is touched."""

    name: str
    follows: frozenset[str]
    arrange: Callable[[], Sequence[CardPlan[Any]]]
    host: Callable[[], ft.Control] = lambda: ft.ResponsiveRow(spacing=16, run_spacing=16)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a screen has of a layout: which arrangement of cards, and all changes up to a sequence."""

    number: int
    sequence: int


LATE = 2_000
"""Controls that still answer after others have taken their place; those that went first are forgotten."""
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
        self._replaced: dict[int, Mapping[str, OnEvent]] = {}
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
            self._release(layout, layout.cards, replaced=False)

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
        """A person acted on a shared control: run its handler, then let every screen show the truth again.

        If others have just taken its place, it counts only where the card says so.
        """
        card = self._by_control.get(target)
        if card is None:
            late = self._replaced[target].get(name)
            if late is not None:
                late(who, data)
            return
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
        """Whether a shared card has this control and answers for it, or one that is gone still does."""
        return control in self._by_control or control in self._replaced

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
            self._forget(before, late=card.plan.late)
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
        self._release(layout, before, replaced=True)
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

    def _release(self, layout: Layout, cards: Iterable[Card[Any]], *, replaced: bool) -> None:
        for card in cards:
            card.users -= 1
            card.layouts.pop(layout, None)
            if card.users == 0:
                del self.cards[card.plan.key]
                _unfollow(card, card.plan.follows, self._cards_by_tag)
                self._forget(card.handlers, late=replaced and card.plan.late)

    def _forget(self, handlers: Mapping[int, Mapping[str, OnEvent]], *, late: bool) -> None:
        for control, by_name in handlers.items():
            self._by_control.pop(control, None)
            if late:
                self._replaced[control] = by_name
        while len(self._replaced) > LATE:
            del self._replaced[next(iter(self._replaced))]


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
