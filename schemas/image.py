"""The trait of a picture that a device sends, such as that of a camera or a thermal sensor."""

from dataclasses import dataclass
from typing import ClassVar, cast

from pydantic_core import core_schema

from schemas.picture import Picture, picture_in
from schemas.traits import KindError, Leaf, Trait

MEBIBYTE = 1_048_576
LARGEST = 8 * MEBIBYTE
"""Bytes of a picture that a kind may allow: more would hold up all else that waits behind it."""
_HEAD = 256
"""Letters that a data URI may have before the picture."""


@dataclass(frozen=True, kw_only=True)
class Image(Trait):
    """A picture (JPEG, PNG, GIF or WebP) of at most `max_bytes`; it can only be read.

    With a `topic` it comes there, as bare bytes, one picture a message. In a state message it is a text:
    base64, or a data URI.
    """

    topic: str | None = None
    max_bytes: int = MEBIBYTE

    goes_with: ClassVar[dict[str, str]] = {"bytes": "bytes"}
    can_be_set: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a size that is none."""
        super().__post_init__()
        if self.topic is not None and not (isinstance(self.topic, str) and self.topic.strip()):
            raise KindError(f"Image: topic must be a text, not {self.topic!r}")
        number = isinstance(self.max_bytes, int) and not isinstance(self.max_bytes, bool)
        if not number or not 1 <= self.max_bytes <= LARGEST:
            text = f"a whole number of bytes from 1 to {LARGEST:,}, not {self.max_bytes!r}"
            raise KindError(f"Image: max_bytes must be {text}")

    @property
    def longest(self) -> int:
        """Letters of the longest text that may hold a picture."""
        return -(-self.max_bytes // 3) * 4 + _HEAD

    def narrow(self, leaf: Leaf) -> None:
        """Take a text that holds a picture from JSON, and pictures from Python."""
        most = self.max_bytes

        def picture(text: str) -> Picture:
            return picture_in(text, most)

        text = core_schema.str_schema(strict=True, max_length=self.longest)
        leaf.clear()
        leaf.update(
            cast(
                Leaf,
                core_schema.json_or_python_schema(
                    json_schema=core_schema.no_info_after_validator_function(picture, text),
                    python_schema=core_schema.is_instance_schema(Picture),
                ),
            )
        )
