"""A model of Flet's client: it reads frames as the browser does, and keeps the tree that is on the screen.

The rules are those of `Control.fromMap`, `applyPatch` and `update` in Flet's Dart client.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgpack
from flet.messaging.protocol import MessageAction, decode_ext_from_msgpack

from dashboard.wishes import NOTE

Tree = dict[str, Any]


def unpack(data: bytes) -> Any:  # noqa: ANN401  (whatever MessagePack holds)
    """MessagePack as Flet's client reads it."""
    return msgpack.unpackb(data, strict_map_key=False, ext_hook=decode_ext_from_msgpack)


def message(frame: bytes) -> tuple[MessageAction, Any]:
    """The action and the body of a frame."""
    assert frame[:1] == b"\x00"
    action, body = unpack(frame[1:])
    return MessageAction(action), body


class Client:
    """The screen of one browser. `controls` finds every control by its id, as the browser does."""

    def __init__(self, root: Tree | None = None) -> None:
        self.controls: dict[int, Tree] = {}
        self.session_id = ""
        self.crashed: list[str] = []
        self.invoked: list[Tree] = []
        self.notes: list[Tree] = []
        self.root: Tree = {"_i": 1, "_c": "Page"} if root is None else root
        self._index(self.root)

    def take(self, frame: bytes) -> MessageAction | None:
        """Do what a frame says. A frame for a control that is not there is a mistake of the sender's."""
        if frame.startswith(NOTE):
            # For the script of our page, which notes it; Flet's client drops it.
            self.notes.append(json.loads(frame[1:] or b"{}"))
            return None
        action, body = message(frame)
        if action is MessageAction.PATCH_CONTROL:
            self.patch(body["id"], body["patch"])
        elif action is MessageAction.REGISTER_CLIENT:
            self.session_id = body["session_id"]
            assert body["error"] == ""
            self._merge(self.root, body["page_patch"])
        elif action is MessageAction.SESSION_CRASHED:
            self.crashed.append(body["message"])
        elif action is MessageAction.INVOKE_METHOD:
            self.invoked.append(body)
        else:
            raise AssertionError(action)
        return action

    def patch(self, control: int, patch: list[Any]) -> None:
        """`Control.applyPatch`."""
        root = self.controls[control]
        places: dict[int, list[Any]] = {}
        _collect(patch[0], [], places)
        assert len(patch) >= 2
        for operation in patch[1:]:
            kind, place, *rest = operation
            target = _follow(root, places[place])
            if kind == 0:
                key, value = rest
                target[key] = self._index(value)
            elif kind == 1 and isinstance(target, list):
                target.insert(rest[0], self._index(rest[1]))
            elif kind == 1:
                target[rest[0]] = self._index(rest[1])
            elif kind == 2:
                del target[rest[0]]
            elif kind == 3:
                key, to, to_key = rest
                to_target = _follow(root, places[to])
                moved = target.pop(key)
                if isinstance(to_target, list):
                    to_target.insert(to_key, moved)
                else:
                    to_target[to_key] = moved
            else:
                raise AssertionError(operation)

    def _merge(self, into: Tree, new: Mapping[str, Any]) -> None:
        for key, value in new.items():
            old = into.get(key)
            same = isinstance(value, dict) and isinstance(old, dict) and old.get("_i") == value.get("_i")
            if same:
                self._merge(old, value)  # type: ignore[arg-type]
            elif key not in ("_i", "_c"):
                into[key] = self._index(value)

    def _index(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, dict):
            if "_c" in value:
                self.controls[value["_i"]] = value
            for child in value.values():
                self._index(child)
        elif isinstance(value, list):
            for child in value:
                self._index(child)
        return value


def shape(tree: Any, defaults: Mapping[str, Mapping[str, Any]] | None = None) -> Any:  # noqa: ANN401
    """A tree without ids and without what says nothing: nulls and, if given by control type, defaults."""
    if isinstance(tree, list):
        return [shape(child, defaults) for child in tree]
    if not isinstance(tree, dict):
        return tree
    known = (defaults or {}).get(tree.get("_c", ""), {})
    kept = {}
    for key, value in tree.items():
        if key == "_i" or value is None or (key in known and known[key] == value):
            continue
        kept[key] = shape(value, defaults)
    return kept


def texts(tree: Any) -> list[str]:  # noqa: ANN401
    """All texts of a tree that are to be seen, in order."""
    if isinstance(tree, list):
        return [text for child in tree for text in texts(child)]
    if not isinstance(tree, dict) or tree.get("visible") is False:
        return []
    own = [tree["value"]] if tree.get("_c") == "Text" and tree.get("value") else []
    return own + [text for value in tree.values() if isinstance(value, dict | list) for text in texts(value)]


def find(tree: Any, control_type: str) -> list[Tree]:  # noqa: ANN401
    """All controls of a type, in order."""
    if isinstance(tree, list):
        return [found for child in tree for found in find(child, control_type)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if tree.get("_c") == control_type else []
    return own + [found for value in tree.values() for found in find(value, control_type)]


def _collect(node: list[Any], path: list[Any], places: dict[int, list[Any]]) -> None:
    places[node[0]] = path
    if len(node) > 1 and isinstance(node[1], dict):
        for key, child in node[1].items():
            _collect(child, [*path, key], places)


def _follow(root: Tree, path: list[Any]) -> Any:  # noqa: ANN401
    found: Any = root
    for key in path:
        found = found[key]
    return found
