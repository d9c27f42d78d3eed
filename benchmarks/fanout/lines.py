"""One line of the table of goals."""

from dataclasses import dataclass

HEAD = "| work | measured | goal | reached |\n|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Line:
    """What was asked, what was measured, and the goal; `reached` says whether this run came to it."""

    what: str
    figure: str
    goal: str
    reached: bool

    def __str__(self) -> str:
        """The line in Markdown."""
        return f"| {self.what} | {self.figure} | {self.goal} | {'yes' if self.reached else '**no**'} |"
