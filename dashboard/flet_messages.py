"""The shape of Flet's messages: the one file that knows it. Written for Flet 1.0.5, which is pinned.

A server message is one WebSocket frame: a zero byte, then MessagePack of `[action, body]`. A patch is
`{"id": root control, "patch": [paths, operation, …]}`; `paths` is a tree `[number, {key: [number, …]}]` that
gives numbers to places below the root, and an operation `[0, number, property, value]` replaces a property
there. Flet counts the numbers up; we use control ids, which are unique in the process, so that a card's part
of a patch is the same in every patch. `tests/dashboard/test_oracle.py` holds this against Flet's own diff.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgpack
from flet.controls.base_control import BaseControl
from flet.messaging.protocol import (
    Message,
    MessageAction,
    RegisterClientResponseBody,
    configure_encode_object_for_msgpack,
    decode_ext_from_msgpack,
)

PAGE = 1
"""The id of the control that is the page, in every session."""
_MARK = b"\x00"
_ROOT, _LIST = 0, 1
"""Numbers in a path tree that no control has: ids of controls start at 3."""
_UNNAMED = -1
"""The number of all places that no operation names."""
_REPLACE = 0
_encode = configure_encode_object_for_msgpack(BaseControl)  # type: ignore[no-untyped-call]

Path = tuple[str | int, ...]


class _Packing(threading.local):
    """A packer for each thread, kept: a new one costs many times what it takes to pack a short text."""

    def __init__(self) -> None:
        self.pack: Callable[[object], bytes] = msgpack.Packer(default=_encode).pack


_packing = _Packing()


def pack(value: object) -> bytes:
    """MessagePack of a value or a control tree, as Flet's client reads it."""
    return _packing.pack(value)


def pack_message(message: Message) -> bytes:
    """A whole frame for one of Flet's own messages."""
    return _MARK + pack([message.action, message.body])


def prepare(root: BaseControl) -> dict[int, Path]:
    """Run Flet's hooks (`build`, `before_update`) on a new tree, as mounting it would, but in one quick walk.

    Returns the properties and indexes that lead from `root` to every control in it, by the control's id.
    """
    found: dict[int, Path] = {}
    _walk(root, (), found)
    return found


def pack_host(host: BaseControl, prop: str, children: Sequence[bytes]) -> bytes:
    """A control whose list `prop`, empty in Python, gets children that are packed already."""
    body = pack(host)
    if not 0x80 <= body[0] < 0x8F:
        raise ValueError(f"a {type(host).__name__} with this many properties cannot be a host")
    return bytes([body[0] + 1]) + body[1:] + pack(prop) + _array_header(len(children)) + b"".join(children)


@dataclass(frozen=True, slots=True)
class Place:
    """A property of a control below a card: `node` is the control's id, `path` leads there from the card.

    `operation` is the packed beginning of what sets it.
    """

    node: int
    path: Path
    name: str
    operation: bytes = b""

    @classmethod
    def at(cls, node: int, path: Path, name: str) -> "Place":
        """With its operation."""
        return cls(node, path, name, b"\x94" + pack(_REPLACE) + pack(node) + pack(name))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A card's part of a patch, packed: its path tree below the card, and its operations."""

    paths: bytes
    operations: bytes
    count: int


def path_tree(card: int, places: Iterable[Place]) -> bytes:
    """The packed tree of the paths below a card that lead to these places."""
    top: list[Any] = [card, {}]
    for place in places:
        node = top
        for key in place.path:
            node = node[1].setdefault(key, [_UNNAMED, {}])
        node[0] = place.node
    return pack(top)


def fragment(paths: bytes, writes: Sequence[tuple[Place, bytes]]) -> Fragment:
    """A card's writes, each a place and a packed value, to be joined into the patch of any layout."""
    return Fragment(paths, b"".join([place.operation + value for place, value in writes]), len(writes))


def patch_cards(host: int, prop: str, parts: Iterable[tuple[int, Fragment]]) -> bytes:
    """A frame that changes cards in place. `parts`: each card's index in the host's list, its fragment."""
    tree, operations, count, cards = [], [], 0, 0
    for index, part in parts:
        tree.append(pack(index) + part.paths)
        operations.append(part.operations)
        count += part.count
        cards += 1
    below = _map_header(cards) + b"".join(tree)
    paths = b"\x92" + pack(_ROOT) + _map_header(1) + pack(prop) + b"\x92" + pack(_LIST) + below
    return _patch(host, _array_header(1 + count) + paths + b"".join(operations))


def replace_property(control: int, name: str, value: bytes) -> bytes:
    """A frame that sets one property of a control to a packed value."""
    operation = b"\x94" + pack(_REPLACE) + pack(_ROOT) + pack(name) + value
    return _patch(control, _array_header(2) + pack([_ROOT]) + operation)


def set_properties(control: int, properties: Mapping[str, object]) -> bytes:
    """A frame that sets properties of a control."""
    operations = b"".join(
        b"\x94" + pack(_REPLACE) + pack(_ROOT) + pack(name) + pack(value)
        for name, value in properties.items()
    )
    return _patch(control, _array_header(1 + len(properties)) + pack([_ROOT]) + operations)


def welcome(page: Mapping[str, object]) -> bytes:
    """A frame that answers a browser's registration with a page and no session to come back to."""
    body = RegisterClientResponseBody(session_id="", page_patch=page, error="")
    return pack_message(Message(MessageAction.REGISTER_CLIENT, body))


@dataclass(frozen=True, slots=True)
class Clicked:
    """A control event of the browser: the id of the control, the event without `on_`, and its data."""

    target: int
    name: str
    data: object


@dataclass(frozen=True, slots=True)
class Typed:
    """The browser reports that a person changed properties of a control."""

    target: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The browser answers a call of a method, by its id."""

    call: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The browser says who it is, which opens or resumes a session."""


def read_client(data: bytes) -> Clicked | Typed | Answered | Registered | None:
    """What a frame from the browser says, as far as the wire wants to know it; None for the rest.

    Raises ValueError if it is not one of Flet's frames.
    """
    if data[:1] != _MARK:
        return None
    try:
        action, body = msgpack.unpackb(data[1:], ext_hook=decode_ext_from_msgpack)
        if action == MessageAction.CONTROL_EVENT.value:
            return Clicked(_number(body["target"]), _text(body["name"]), body.get("data"))
        if action == MessageAction.UPDATE_CONTROL_PROPS.value:
            target = _number(body["id"])
            _check_properties(body["props"], of_page=target == PAGE)
            return Typed(target)
        if action == MessageAction.INVOKE_METHOD.value:
            return Answered(_text(body["call_id"]))
        if action == MessageAction.REGISTER_CLIENT.value:
            _check_properties(body["page"], of_page=True)
            return Registered()
    except Exception as error:  # noqa: BLE001 - foreign bytes may fail in any way
        raise ValueError(f"not a message of Flet's: {error}") from None
    return None


def _check_properties(properties: object, *, of_page: bool) -> None:
    """Refuse what no browser sends: Flet would set any attribute, its own handlers too."""
    if not isinstance(properties, dict):
        raise TypeError("the properties are not a map")
    for name, value in properties.items():
        if not isinstance(name, str) or name.startswith("on_"):
            raise ValueError("a property that is not the browser's")
        if name.startswith("_") and (of_page or type(value) is not _OF_CLIENT.get(name)):
            raise ValueError(f"{name[:40]!r} is not a property of the browser's")
    for name in properties if of_page else ():
        expected = _OF_PAGE.get(name, object)
        if expected is None or not isinstance(properties[name], expected | None):
            raise ValueError(f"the page's {name} is not what a browser has there")


_OF_CLIENT: Mapping[str, type] = {"_dismissed": bool, "_selected_index": int}
"""What Flet's client reports for itself: that a message at the bottom of the screen had its time, and what
was taken from a completion. All else that begins with `_` it keeps to itself."""

_OF_PAGE: Mapping[str, Any] = {
    "route": str,
    "width": int | float,
    "height": int | float,
    "views": None,
    "controls": None,
}
"""What a property of the page has to be where we rely on it; None: never a browser's to set."""


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("the id of a control is not a number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("the name of an event is not a text")
    return value


def _patch(control: int, patch: bytes) -> bytes:
    head = b"\x92" + pack(MessageAction.PATCH_CONTROL.value)
    return _MARK + head + _map_header(2) + pack("id") + pack(control) + pack("patch") + patch


def _array_header(count: int) -> bytes:
    return bytes(_packer.pack_array_header(count))


def _map_header(count: int) -> bytes:
    return bytes(_packer.pack_map_header(count))


_packer = msgpack.Packer()


def _walk(value: object, path: Path, found: dict[int, Path]) -> None:
    if isinstance(value, BaseControl):
        value.build()  # type: ignore[no-untyped-call]
        value.before_update()  # type: ignore[no-untyped-call]
        found[value._i] = path
        for name in _places(value):
            child = getattr(value, name, None)
            if isinstance(child, BaseControl | list):
                _walk(child, (*path, name), found)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if isinstance(child, BaseControl):
                _walk(child, (*path, index), found)


_PLACES: dict[type, Sequence[str]] = {}


def _places(control: BaseControl) -> Sequence[str]:
    """The properties of a control in which others may stand; the same for all of its class."""
    known = _PLACES.get(type(control))
    if known is None:
        known = _PLACES[type(control)] = [
            field.name
            for field in fields(control)
            if not field.name.startswith(("_", "on_")) and "skip" not in field.metadata
        ]
    return known
