"""How commands end is said in words that the dashboard can say in other languages."""

from bridge.commands import CommandRecord, CommandSent, CommandTaken
from bridge.ledger import Ledger
from dashboard.language.foreign import SENTENCES
from dashboard.language.told import _pattern


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
    return [ledger.recent["0"].note, *found]


def test_every_note_is_a_sentence_that_is_known() -> None:
    """One sentence each, and for each way another one."""
    matched = [[one for one in SENTENCES if _pattern(one).fullmatch(note)] for note in notes()]
    assert all(matched)
    assert len(matched) == len({max(found, key=len) for found in matched})
