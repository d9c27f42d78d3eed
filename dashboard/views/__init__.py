"""One file a page. Each has a `PAGE`; `find` gives the one for a route."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, unquote

import flet as ft

from dashboard.house import House
from dashboard.scene import LayoutPlan


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where it is, what it is called, how it is laid out. `{id}` in the route is one path segment.

    `rank` orders the pages in the navigation; None keeps a page out of it. `heading` names what the page of
    these placeholders is about, where the title does not say it. `tools` stand above the layout and belong to
    one person alone, such as a field to write in; they are told how to take him to a route.
    """

    route: str
    title: str
    icon: str
    layout: Callable[[House, Mapping[str, str]], LayoutPlan]
    rank: int | None = None
    selected_icon: str = ""
    heading: Callable[[House, Mapping[str, str]], str] | None = None
    tools: Callable[[Mapping[str, str], Callable[[str], None]], ft.Control] | None = None


@cache
def pages() -> Sequence[Page]:
    """All pages, those of the navigation first and in its order."""
    found = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    ranked = [module.PAGE for module in found if hasattr(module, "PAGE")]
    return sorted(ranked, key=lambda page: (page.rank is None, page.rank or 0))


def find(route: str) -> tuple[Page, Mapping[str, str]] | None:
    """The page of a route, with the values of its placeholders and query, unquoted; None if there is none."""
    path, _, query = route.partition("#")[0].partition("?")
    segments = [part for part in path.split("/") if part]
    for page in pages():
        wanted = [part for part in page.route.split("/") if part]
        if len(wanted) != len(segments):
            continue
        values = dict(parse_qsl(query))
        for want, given in zip(wanted, segments, strict=True):
            if want.startswith("{"):
                values[want.strip("{}")] = unquote(given)
            elif want != given:
                break
        else:
            return page, values
    return None
