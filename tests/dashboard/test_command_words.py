"""How commands end is said in words that the dashboard can say in other languages."""

import re
from collections.abc import Callable

import pytest

from bridge.commands import (
    CommandFailed,
    CommandRecord,
    Commands,
    CommandSent,
    CommandTaken,
    Note,
    note_of,
    reasons_in,
)
from bridge.errors import CommandRefused, NotConnected
from bridge.ledger import Ledger
from bridge.transports.thread import ThreadTransport
from dashboard.language.foreign import SENTENCES
from dashboard.language.told import _pattern, told
from schemas.catalog import shipped_kinds
from schemas.device import Kind
from schemas.message import Value
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, play

WORD = re.compile(r"[a-z]{3,}")


def notes() -> list[str]:
    """A note for each way in which a command of one metric can end."""
    found = []
    ledger = Ledger()
    ledger.restore([CommandRecord("0", "lamp.a", 0.0, {"on": True}, "ann")], 1.0)
    ways = ("confirmed", "late", "taken late", "taken", "silent", "refused", "replaced")
    for number, way in enumerate(ways):
        device = f"lamp.{number}"
        ledger.asked(CommandSent(device, {"on": True}, "ann", way, 0.0), 2.5, 0.0)
        taken = CommandTaken(way, device, ("on",), "the broker refused it (no)" if way == "refused" else "")
        if way in {"taken", "refused"}:
            ledger.taken(taken, 1.0)
        if way == "replaced":
            ledger.asked(CommandSent(device, {"on": False}, "bob", "last", 0.0), 9.0, 1.0)
        if way == "confirmed":
            ledger.heard(device, {"on": True}, 1.0, 1.0)
        ledger.pass_time(3.0)
        if way == "late":
            ledger.heard(device, {"on": True}, 4.0, 4.0)
        if way == "taken late":
            ledger.taken(taken, 4.0)
        found.append(ledger.recent[way].note)
    ledger.asked(CommandSent("lamp.x", {"on": True}, "ann", "gone", 0.0), 2.5, 0.0)
    ledger.forget("lamp.x", 1.0, history=False)
    return [ledger.recent["0"].note, ledger.recent["gone"].note, *found]


def refusals() -> list[tuple[str, str]]:
    """A note for each way in which a command is not sent, with the id of the kind that it is asked of."""
    noted: list[Note] = []
    kinds, thread = shipped_kinds(), ThreadTransport()

    def publish(device_id: str, topic: str, payload: bytes, taken: Callable[[str], None]) -> None:
        del device_id
        thread.publish(topic, payload, taken=taken)

    commands = Commands(kinds, publish, noted.append)

    def ask(device_id: str, changes: dict[str, Value]) -> None:
        with pytest.raises((CommandRefused, NotConnected)):
            commands.send(device_id, changes, by="ann")

    ask("nonsense.a", {"on": True})
    ask("lamp.a", {})
    ask("lamp.a", {"nonsense": 1})
    ask("lamp.a/b", {"on": True})
    ask("lamp.a", {"on": True})
    for kind in kinds:
        for name, metric in kind.metrics.items():
            ask(f"{kind.name}.a", {name: 1e300 if metric.trait.command is not None else 1})
    return [(one.note, one.device_id.partition(".")[0]) for one in noted if isinstance(one, CommandFailed)]


def data_of(kind: Kind | None) -> list[str]:
    """Words of a kind that no language changes."""
    if kind is None:
        return ["nonsense"]
    return [
        "nonsense",
        "true",
        "false",
        kind.name,
        *kind.metrics,
        *(word for m in kind.metrics.values() for word in m.options),
    ]


def test_why_a_command_was_not_sent_is_said_in_chinese() -> None:
    """What a value should have been too: no English word is left but names of the kind."""
    kinds = shipped_kinds()
    left = {}
    found = refusals()
    for note, kind in found:
        said = told("zh", note)
        for word in sorted(data_of(kinds.get(kind)), key=len, reverse=True):
            said = said.replace(word, "")
        if WORD.search(said):
            left[note] = said
    assert (True, {}) == (len(found) > 30, left)


def test_a_note_of_several_metrics_is_said_part_by_part() -> None:
    """Each metric by its label, and what became of it, in Chinese."""
    house = FakeHouse()
    house.hear_all(["lamp"])
    house.command("lamp.one", {"on": False, "brightness": 10}, by="Ada")
    house.hear("fleet/lamp/one/state", {"on": False, "brightness": 40})
    house.let_pass(60)

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one", wish={"language": "zh"})
        await tab.sees("设备报告 false")
        [line] = [text for text in tab.texts if "设备报告 false" in text]
        assert "亮度：5 秒内无响应" in line

    play(act, house)


@pytest.mark.parametrize(
    "reasons",
    [
        {"on": "the device says true", "level": "no answer within 5 s"},
        {"on": "no; level of it: no", "level": "; level: x"},
        {"a": "x: y", "b": "; ", "c": ""},
    ],
    ids=["usual", "awkward", "three"],
)
def test_what_a_note_says_of_each_metric_is_found_again(reasons: dict[str, str]) -> None:
    """As it was put together; a note of all alike is of none."""
    assert reasons == reasons_in(note_of(reasons), list(reasons))
    assert {} == reasons_in(note_of(dict.fromkeys(reasons, "the same")), list(reasons))
    assert {} == reasons_in("the device says true", ["on"])


def test_every_note_is_a_sentence_that_is_known() -> None:
    """One sentence each, and for each way another one."""
    matched = [
        [one for one in SENTENCES if one == note or ("{" in one and _pattern(one).holes_of(note))]
        for note in notes()
    ]
    assert all(matched)
    assert len(matched) == len({max(found, key=len) for found in matched})
