"""Flet's own diff and encoder are the oracle for the bytes we make ourselves."""

import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import flet as ft
import msgpack
import pytest
from flet.controls.base_control import BaseControl
from flet.controls.object_patch import ObjectPatch
from flet.messaging.protocol import (
    ControlEventBody,
    InvokeMethodResponseBody,
    Message,
    MessageAction,
    PatchControlBody,
    RegisterClientRequestBody,
    UpdateControlPropsBody,
    configure_encode_object_for_msgpack,
)
from hypothesis import given
from hypothesis import strategies as st

from dashboard.card import CardPlan, Drawing
from dashboard.flet_messages import (
    Answered,
    Clicked,
    Registered,
    Typed,
    pack,
    pack_host,
    pack_message,
    prepare,
    read_client,
    replace_property,
)
from dashboard.reader import ENGLISH
from dashboard.scene import NOTHING, Layout, LayoutPlan, Scene
from dashboard.views import device, device_card
from schemas.message import Value
from tests.dashboard.client import Client, Tree, message, shape, unpack
from tests.dashboard.fake import SAMPLES, FakeHouse, Person

MAIN = pytest.mark.parametrize("kind", SAMPLES)
PLAIN = (bool, int, float, str)
PAGES: Mapping[str, Callable[[FakeHouse, str], list[CardPlan[Any]]]] = {
    "card": lambda house, device_id: [device_card.plan(house, device_id, ENGLISH)],
    "page": lambda house, device_id: list(device.layout(house, {"id": device_id}, ENGLISH).arrange()),
}


def fletpack(value: object) -> bytes:
    """Flet's own encoding, made as Flet's own connection makes it."""
    encode = configure_encode_object_for_msgpack(BaseControl)  # type: ignore[no-untyped-call]
    return bytes(msgpack.packb(value, default=encode))


def flet_mount(control: ft.Control) -> Tree:
    """The tree that Flet sends for a new control."""
    patch, _added, _removed = ObjectPatch.from_diff(None, control, control_cls=BaseControl)
    sent = unpack(fletpack(patch.to_message()))
    tree = sent[1][3]
    assert isinstance(tree, dict)
    return tree


def flet_update(control: ft.Control) -> bytes | None:
    """The frame that Flet sends for `control.update()`, None if nothing changed."""
    patch, _added, _removed = ObjectPatch.from_diff(control, control, control_cls=BaseControl)
    told = patch.to_message()
    if len(told) == 1:
        return None
    return b"\x00" + fletpack([MessageAction.PATCH_CONTROL, PatchControlBody(control._i, told)])


def defaults_of(*roots: ft.Control) -> Mapping[str, Mapping[str, Any]]:
    """What Flet leaves out because the client knows it, by control type."""
    found: dict[str, Mapping[str, Any]] = {}

    def walk(value: object) -> None:
        if isinstance(value, BaseControl):
            cls = type(value)
            known = {**cls._prop_defaults, **cls._root_defaults}  # type: ignore[attr-defined]
            plain = {name: default for name, default in known.items() if isinstance(default, PLAIN)}
            found[value._c] = unpack(fletpack(plain))  # noqa: SLF001  (the name the client knows)
            for name in (*cls.__dataclass_fields__,):
                if not name.startswith("_") and name not in ("page", "parent"):
                    walk(getattr(value, name, None))
        elif isinstance(value, list):
            for child in value:
                walk(child)

    for root in roots:
        walk(root)
    return found


class Twins:
    """Two browsers that show the same cards: one told by us, one by Flet."""

    def __init__(self, plans: list[CardPlan[Any]]) -> None:
        self.scene = Scene()
        self.slot = ft.Container()
        self.layout: Layout = self.scene.open(LayoutPlan("twins", frozenset(), lambda: plans))
        self.cards = [card.control for card in self.layout.cards]
        self.host = ft.ResponsiveRow(spacing=16, run_spacing=16)
        self.host.controls = list(self.cards)
        self.flets = Client(flet_mount(self.host))
        self.ours = Client({"_i": self.slot._i, "_c": "Container"})
        self.mark = NOTHING
        self.pull()

    @property
    def seen(self) -> list[Tree]:
        found: list[Tree] = self.ours.root["content"]["controls"]
        return found

    @property
    def expected(self) -> list[Tree]:
        found: list[Tree] = self.flets.root["controls"]
        return found

    def pull(self) -> bytes | None:
        """Bring our browser to the present; the frame."""
        frame = self.layout.catch_up(self.slot._i, self.mark)
        self.mark = self.layout.mark
        if frame is not None:
            self.ours.take(frame)
        return frame

    def change(self, tags: set[str]) -> None:
        """Something changed: both are told."""
        self.scene.touch(tags)
        assert [card.control for card in self.layout.cards] == self.cards, "redrawn: not the same tree"
        frame = flet_update(self.host)
        if frame is not None:
            self.flets.take(frame)
        self.pull()


@MAIN
@pytest.mark.parametrize("page", PAGES)
def test_a_snapshot_is_what_flet_sends(kind: str, page: str) -> None:
    """What we send for a device's cards equals what Flet sends for the same tree, ids included."""
    house = FakeHouse()
    house.hear_all([kind])
    twins = Twins(PAGES[page](house, f"{kind}.one"))
    assert twins.expected == twins.seen
    for key in ("spacing", "run_spacing", "_c"):
        assert twins.flets.root[key] == twins.ours.root["content"][key]


def drawn_anew(twins: Twins) -> list[ft.Control]:
    """The cards drawn at a moment at which the two are told of it: charts and ages show the time."""
    while True:
        twins.change({"tick"})
        before = shape(twins.seen, {})
        fresh = [card.plan.draw(Drawing(card.plan.look())) for card in twins.layout.cards]
        twins.change({"tick"})
        if before == shape(twins.seen, {}):
            # No second began meanwhile that anything shows.
            return fresh


@MAIN
@pytest.mark.parametrize("page", PAGES)
def test_a_change_is_what_flet_sends(kind: str, page: str) -> None:
    """After each change the tree equals Flet's after its own patch, and a tree built anew but for ids."""
    house = FakeHouse()
    house.hear_all([kind])
    twins = Twins(PAGES[page](house, f"{kind}.one"))
    settable = [m.name for m in house.kinds.get(kind).metrics.values() if m.settable]  # type: ignore[union-attr]
    for sample, retained in ((1, False), (0, False), (2, False), (1, True), (0, True)):
        topic = f"fleet/{kind}/one/state"
        twins.change(house.hear(topic, SAMPLES[kind][sample], retained=retained))
        assert twins.expected == twins.seen
        for name in settable:
            wanted: Mapping[str, Value] = {"heating": True, "on": True, "pump": True, "color": "#123456"}
            value = wanted.get(name, 20)
            house.command(f"{kind}.one", {name: value}, by="me")
            twins.change({f"device/{kind}.one"})
            assert twins.expected == twins.seen
        for seconds in (6.0, 9.0, 100_000.0):
            twins.change(house.let_pass(seconds))
            assert twins.expected == twins.seen
        twins.change(house.broker(up=False, detail="refused"))
        twins.change(house.broker(up=True, detail="connected"))
        twins.change(house.hear(f"fleet/{kind}/one/availability", "offline"))
        fresh = drawn_anew(twins)
        defaults = defaults_of(*fresh)
        assert shape([flet_mount(control) for control in fresh], defaults) == shape(twins.seen, defaults)
        assert twins.expected == twins.seen


def test_an_unclaimed_device_is_what_flet_sends() -> None:
    """The card of inferred metrics follows its values as Flet would."""
    house = FakeHouse()
    house.hear("attic/box", {"a": 1, "b": "text", "c": True, "d": [1, 2]})
    device_id = next(iter(house.devices))
    twins = Twins([device_card.plan(house, device_id, ENGLISH)])
    other: list[dict[str, object]] = [
        {"a": 2.5, "b": "", "c": False, "d": []},
        {"a": 10**12, "b": "x" * 500, "c": True, "d": [None]},
    ]
    for values in other:
        twins.change(house.hear("attic/box", values))
        assert twins.expected == twins.seen


@dataclass(frozen=True)
class Synthetic:
    """A view whose values go to properties of all sorts."""

    text: str | None
    number: float | None
    flag: bool
    color: str | None
    list_of: tuple[int, ...]


@dataclass
class Box:
    """Something that changes."""

    view: Synthetic


VIEWS = st.builds(
    Synthetic,
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.none() | st.integers(-(2**31), 2**40) | st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none() | st.sampled_from([ft.Colors.RED, "#112233", ft.Colors.ON_SURFACE]),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
SHAPES = st.recursive(
    st.sampled_from(["text", "switch", "icon"]), lambda inner: st.lists(inner, max_size=4), max_leaves=12
)


def grow(drawing: Drawing[Synthetic], form: Any) -> ft.Control:  # noqa: ANN401
    """A tree of a form, with all its leaves and some of its branches live."""
    live = drawing.live
    if form == "text":
        text = ft.Text(size=12)
        return live(text, value=lambda v: v.text, color=lambda v: v.color, visible=lambda v: v.flag)
    if form == "switch":
        switch = ft.Switch()
        return live(switch, value=lambda v: v.flag, tooltip=lambda v: v.text, disabled=lambda v: not v.flag)
    if form == "icon":
        return live(
            ft.Icon(ft.Icons.CIRCLE),
            icon=lambda v: ft.Icons.CIRCLE if v.flag else ft.Icons.CIRCLE_OUTLINED,
            size=lambda v: v.number,
        )
    row = live(ft.Row([grow(drawing, child) for child in form]), opacity=lambda v: 0.5 if v.flag else 1.0)
    return live(ft.Container(row), bgcolor=lambda v: v.color)


@given(st.lists(SHAPES, min_size=1, max_size=4), st.lists(VIEWS, min_size=2, max_size=5))
def test_any_tree_is_what_flet_sends(forms: list[Any], views: list[Synthetic]) -> None:
    """Trees of any form follow values of any sort as Flet's diff does."""
    box = Box(views[0])

    def plan(number: int, form: Any) -> CardPlan[Synthetic]:  # noqa: ANN401
        return CardPlan(
            str(number), frozenset({str(number % 2)}), lambda: box.view, lambda drawing: grow(drawing, form)
        )

    twins = Twins([plan(number, form) for number, form in enumerate(forms)])
    assert twins.expected == twins.seen
    for view, tags in zip(views[1:], itertools.cycle([{"0"}, {"0", "1"}])):
        box.view = view
        twins.change(tags)
        assert twins.expected == twins.seen


def test_many_cards_are_packed_as_flet_packs_them() -> None:
    """A layout of more cards than a short MessagePack array or map holds is read back whole."""
    for count in (0, 1, 15, 16, 17, 300):
        children = [ft.Text(str(number)) for number in range(count)]
        host = ft.Column(spacing=3)
        prepare(host)
        packed = unpack(pack_host(host, "controls", [pack(child) for child in children]))
        host.controls = list(children)
        assert shape(unpack(fletpack(host))) == shape({k: v for k, v in packed.items() if v != []})


def test_a_property_is_replaced_as_flet_does() -> None:
    """The frame that puts a snapshot into a session's slot does what Flet's own would."""
    slot, host = ft.Container(), ft.Column([ft.Text("here")])
    ours, flets = Client(flet_mount(slot)), Client(flet_mount(slot))
    prepare(host)
    ours.take(replace_property(slot._i, "content", pack(host)))
    slot.content = host
    frame = flet_update(slot)
    assert frame is not None
    flets.take(frame)
    assert flets.root == ours.root


def test_a_click_keeps_what_is_true() -> None:
    """A switch that a browser moved by itself is sent again, as a patch of its values."""
    house = FakeHouse()
    house.hear_all(["plug"])
    twins = Twins([device_card.plan(house, "plug.one", ENGLISH)])
    switch = next(tree for tree in twins.ours.controls.values() if tree["_c"] == "Switch")
    switch["value"] = False
    twins.scene.event(switch["_i"], "nothing_handles_this", None, Person())
    twins.pull()
    assert switch["value"] is True
    defaults = defaults_of(*twins.cards)
    assert shape(twins.expected, defaults) == shape(twins.seen, defaults)


def test_messages_of_flets_own_are_packed_as_flet_packs_them() -> None:
    """`pack_message` gives the frame that Flet's own connection would send."""
    body = PatchControlBody(1, [[0], [0, 0, "title", "x"]])
    expected = b"\x00" + fletpack([MessageAction.PATCH_CONTROL, body])
    assert expected == pack_message(Message(MessageAction.PATCH_CONTROL, body))
    assert message(expected) == (MessageAction.PATCH_CONTROL, asdict(body))


def said(action: MessageAction, body: object) -> bytes:
    """What Flet's client sends."""
    return b"\x00" + fletpack([action.value, asdict(body)])  # type: ignore[call-overload]


def test_the_browser_is_understood_as_flet_understands_it() -> None:
    """Each message that Flet's own protocol builds is read for what it is."""
    action = MessageAction
    cases: list[tuple[bytes, object]] = [
        (said(action.CONTROL_EVENT, ControlEventBody(7, "click", None)), Clicked(7, "click", None)),
        (said(action.CONTROL_EVENT, ControlEventBody(7, "change", {"a": 1})), Clicked(7, "change", {"a": 1})),
        (said(action.UPDATE_CONTROL_PROPS, UpdateControlPropsBody(9, {"value": True})), Typed(9)),
        (said(action.UPDATE_CONTROL_PROPS, UpdateControlPropsBody(9, {"_dismissed": True})), Typed(9)),
        (said(action.REGISTER_CLIENT, RegisterClientRequestBody("", "", {})), Registered()),
        (said(action.INVOKE_METHOD, InvokeMethodResponseBody(1, "id", None, "")), Answered("id")),
        (b"\x01\x00\x00\x00\x00data", None),
    ]
    for data, expected in cases:
        assert expected == read_client(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"\x00\xc1",
        b"\x00" + fletpack(5),
        b"\x00" + fletpack([3]),
        b"\x00" + fletpack([3, None]),
        b"\x00" + fletpack([3, {"target": 7}]),
        b"\x00" + fletpack([3, {"target": [7], "name": "click"}]),
        b"\x00" + fletpack([3, {"target": True, "name": "click"}]),
        b"\x00" + fletpack([3, {"target": 7, "name": ["click"]}]),
        b"\x00" + fletpack([4, {"id": {}, "props": {}}]),
        b"\x00" + fletpack([4, {"id": 9, "props": {"_i": 5}}]),
        b"\x00" + fletpack([4, {"id": 9, "props": {"_dismissed": "yes"}}]),
        b"\x00" + fletpack([4, {"id": 1, "props": {"_dismissed": True}}]),
        b"\x00" + fletpack([4, {"id": 9, "props": {"on_click": None}}]),
        b"\x00" + b"\x91" * 5_000,
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    """A frame that Flet's protocol cannot have built is a `ValueError`, never anything else."""
    with pytest.raises(ValueError, match="not a message of Flet's"):
        read_client(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Whatever a browser sends is read or a `ValueError`."""
    with suppress(ValueError):
        read_client(b"\x00" + data)
