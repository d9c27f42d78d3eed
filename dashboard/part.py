"""What is drawn of a part of a view, and cards that stand one below the other as one."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Generic, TypeAlias, TypeVar

import flet as ft

from dashboard.card import CardPlan, Drawing, OnEvent

View = TypeVar("View")
Whole = TypeVar("Whole")
ControlT = TypeVar("ControlT", bound=ft.BaseControl)
Columns: TypeAlias = Mapping[str | ft.ResponsiveRowBreakpoint, int | float]


class Part(Drawing[View], Generic[View]):
    """A drawing of one thing within one of something larger."""

    def __init__(self, whole: Drawing[Whole], part_of: Callable[[Whole], View]) -> None:
        self._whole = whole
        self._part_of = part_of
        self._tokens: dict[Callable[[View], object], Callable[[Whole], object]] = {}
        self.groups = whole.groups  # type: ignore[assignment]  # they follow the larger view
        self.handlers = whole.handlers

    @property
    def view(self) -> View:  # type: ignore[override]  # the present one, asked for each time
        """The part now."""
        return self._part_of(self._whole.view)

    def lasting(
        self, token_of: Callable[[View], object], control: ControlT, /, **properties: Callable[[View], Any]
    ) -> ControlT:
        """See `Drawing`."""
        through = {name: partial(_through, self._part_of, of) for name, of in properties.items()}
        token = self._tokens.setdefault(token_of, partial(_through, self._part_of, token_of))
        return self._whole.lasting(token, control, **through)

    def on(self, control: ControlT, **handlers: OnEvent) -> ControlT:
        """See `Drawing`."""
        return self._whole.on(control, **handlers)


def _through(part_of: Callable[[Any], View], of: Callable[[View], object], view: object) -> object:
    return of(part_of(view))


def stacked(key: str, plans: Sequence[CardPlan[Any]], columns: Columns) -> CardPlan[tuple[Any, ...]]:
    """Cards one below the other, so that none leaves a hole beside a higher one; `columns` are those of all.

    They are looked at together, whichever has news.
    """

    def draw(drawing: Drawing[tuple[Any, ...]]) -> ft.Control:
        cards = [plan.draw(Part(drawing, itemgetter(number))) for number, plan in enumerate(plans)]
        stretch = ft.CrossAxisAlignment.STRETCH
        return ft.Container(ft.Column(cards, spacing=16, horizontal_alignment=stretch), col={**columns})

    def shape(view: tuple[Any, ...]) -> object:
        return tuple(plan.shape(part) for plan, part in zip(plans, view, strict=True))

    follows = frozenset[str]().union(*(plan.follows for plan in plans))
    return CardPlan(key, follows, lambda: tuple(plan.look() for plan in plans), draw, shape)
