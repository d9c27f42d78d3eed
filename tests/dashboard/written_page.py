"""A page as a person might write it, with comments and a formatting of his own."""

from dashboard.boards import Page
from dashboard.boards.reading import read_page

TOP = """\
# Ours; ask Ada before you change it.
title    = 'Kitchen'   # not "The kitchen"
order = 2
"""
THE_STOVE = """\
# The stove, which is hot.
[[tiles]]
type = "metric"
device="tank.stove"
metric    =   "temperature"   # in °C
width = 3 # of 12
"""
THE_LAMP = """\
[[tiles]]
type = "control"
device = "lamp.desk"
metric = "on"
"""
REST = """
# --- Upstairs ---

[[tiles]]
  id = "hall"
  type = "chart"
  [[tiles.series]]
  device = "thermostat.hall"
  metric = "temperature"
# end of the chart

# Nothing below.
"""
BY_HAND = f"{TOP}\n{THE_STOVE}{THE_LAMP}{REST}"


def read(text: str) -> Page:
    """A page without a mistake."""
    page = read_page(text.encode())
    assert isinstance(page, Page), page
    return page


HAND = read(BY_HAND)


def ids(page: Page) -> list[str]:
    """The tiles of a page by id."""
    return [tile.id for tile in page.tiles]
