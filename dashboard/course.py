"""How a number went in the last hour, as it is shown."""

from typing import Literal, NamedTuple, TypeAlias

Direction: TypeAlias = Literal["rising", "falling", "steady", ""]


class Trend(NamedTuple):
    """How a number went in the last hour: a picture (SVG), empty without two points, and where it goes."""

    picture: str = ""
    direction: Direction = ""


NO_TREND = Trend()
