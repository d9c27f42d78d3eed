"""One file a page. Each has a `PAGE`; `find` gives the one for a route."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote

import flet as ft

from dashboard.card import Who
from dashboard.house import House
from dashboard.reader import Reader
from dashboard.scene import LayoutPlan

if TYPE_CHECKING:
    from dashboard.wishes import Wishes


class Tools(Protocol):
    """What stands above a page and belongs to one person."""

    control: ft.Control

    @property
    def typing(self) -> bool:
        """Whether he writes in it now: then keys are letters, and nothing else."""

    async def search(self) -> None:
        """Put the cursor where he writes what he seeks."""

    def follow(self, values: Mapping[str, str]) -> None:
        """The address of the page has changed, by these tools or otherwise: show it, without an update.

        Whoever calls sends the control's changes to the browser.
        """


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where it is, what it is called, how it is laid out. `{id}` in the route is one path segment.

    `rank` orders the pages in the navigation; None keeps a page out of it. `key` is the letter that leads to
    it after a `g`. `title` is `marked`, and said in
    each reader's language. `heading` names what the page of these placeholders is about, where the title does
    not say it; `named_by` are the tags at which it may be another.
    `tools` stand above the layout and belong to one person alone, such as a field to write in;
    they stay while he goes from one address of the page to another. `more` gives what comes below the layout
    when he has scrolled to its end, for the first, second, … time; None is the end. `usual` adds to what the
    address says how this person wants the page where that says nothing.
    `press` is told of keys that mean nothing everywhere, such as `+` and `Shift Arrow Left`; `keys` is what
    the help says of them: each key, and what it does, `marked`.
    """

    route: str
    title: str
    icon: str
    layout: Callable[[House, Mapping[str, str], Reader], LayoutPlan]
    rank: int | None = None
    key: str = ""
    selected_icon: str = ""
    heading: Callable[[House, Mapping[str, str], Reader], str] | None = None
    named_by: Callable[[Mapping[str, str]], frozenset[str]] | None = None
    tools: Callable[[House, Mapping[str, str], Who], Tools | None] | None = None
    more: Callable[[House, Mapping[str, str], Reader, int], LayoutPlan | None] | None = None
    usual: Callable[[Mapping[str, str], "Wishes"], Mapping[str, str]] | None = None
    press: Callable[[Mapping[str, str], str, Who], None] | None = None
    keys: Sequence[tuple[str, str]] = ()


@cache
def pages() -> Sequence[Page]:
    """All pages, those of the navigation first and in its order."""
    found = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    ranked = [module.PAGE for module in found if hasattr(module, "PAGE")]
    return sorted(ranked, key=lambda page: (page.rank is None, page.rank or 0))


def find(route: str, wishes: "Wishes | None" = None) -> tuple[Page, Mapping[str, str]] | None:
    """The page of a route, with the values of its placeholders and query, unquoted; None if there is none.

    With the `wishes` of a person, what the address leaves open is as he usually wants it.
    """
    path, _, query = route.partition("#")[0].partition("?")
    segments = [part for part in path.split("/") if part]
    for page in pages():
        wanted = [part for part in page.route.split("/") if part]
        if len(wanted) != len(segments):
            continue
        values = dict(parse_qsl(query, keep_blank_values=True))
        for want, given in zip(wanted, segments, strict=True):
            if want.startswith("{"):
                values[want.strip("{}")] = unquote(given)
            elif want != given:
                break
        else:
            return page, page.usual(values, wishes) if page.usual and wishes is not None else values
    return None
