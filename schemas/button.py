"""The trait of what a device does when it is asked, and no state shows."""

from dataclasses import dataclass
from typing import ClassVar

from schemas.traits import KindError, Leaf, Trait


@dataclass(frozen=True, kw_only=True)
class Button(Trait):
    """Something to be pressed, such as identify or restart: it is only ever sent, and no state has it.

    A `bool` is one button, which sends true; each word of a `Literal` or `Enum` is one.
    """

    goes_with: ClassVar[dict[str, str]] = {"bool": "bool", "literal": "Literal", "enum": "Enum"}
    can_be_read: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a button that does nothing."""
        super().__post_init__()
        if self.command is None:
            raise KindError("Button: it does nothing without a command; give it the topic it is sent to")

    def narrow(self, leaf: Leaf) -> None:
        """Only true and false; words are bounded by their type."""
        if leaf["type"] == "bool":
            leaf.update(strict=True)
