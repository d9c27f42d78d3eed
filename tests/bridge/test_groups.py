"""Refused messages in groups: devices of a kind together, and whether the newest would pass now."""

from bridge.groups import EXCERPT, SHOWN, groups_of
from bridge.ports import Batch
from bridge.quarantine import quarantine
from bridge.stores.memory import MemoryStore
from schemas.catalog import shipped_kinds
from schemas.decode import decode
from schemas.message import RawMessage, Rejected

KINDS = shipped_kinds()


def refused(store: MemoryStore, topic: str, payload: bytes, why: Rejected | None = None) -> None:
    """A message comes and is refused, for its own mistake or for one that it had when it came."""
    raw = RawMessage(topic, payload, float(store.quarantine_counts().kept + 1))
    outcome = why or decode(raw, KINDS)
    assert isinstance(outcome, Rejected)
    store.commit(Batch(quarantined=[quarantine(raw, outcome)]))


def test_devices_of_a_kind_are_one_group() -> None:
    """The same fault of forty devices is one line, whatever the values; another field is another."""
    store = MemoryStore()
    for number in range(120):
        refused(store, f"fleet/thermostat/{number % 40}/state", b'{"temperature": %d}' % (1_000 + number))
    refused(store, "fleet/thermostat/7/state", b'{"temperature": 20, "humidity": 200}')
    refused(store, "fleet/thermostat/7/availability", b"perhaps")
    many, availability, field = groups_of(store, KINDS).groups
    assert ("fleet/thermostat/+/state", "out_of_range", "temperature", "thermostat") == (
        many.topic, many.reason, many.field, many.kind,
    )  # fmt: skip
    assert (40, 120, 1.0, 120.0, "out_of_range") == (
        many.topics, many.number, many.first, many.last, many.now,
    )  # fmt: skip
    assert b'{"temperature": 1119}' == many.newest.payload
    assert ("fleet/thermostat/+/availability", 1) == (availability.topic, availability.number)
    assert ("humidity", 1) == (field.field, field.topics)


def test_the_newest_is_judged_by_the_present_kinds() -> None:
    """It would pass, it is refused for another reason now, or it cannot be said, because it is cut."""
    store = MemoryStore()
    old = Rejected("wrong_type", "said by an earlier kind", "temperature")
    refused(store, "fleet/thermostat/a/state", b'{"temperature": 20}', old)
    refused(store, "fleet/lamp/a/state", b"on", old)
    raw = RawMessage("fleet/plug/a/state", b"x" * 10, 9.0)
    cut = quarantine(raw, old)
    store.commit(Batch(quarantined=[type(cut)(*(0, 9.0, raw.topic, "wrong_type", "", b"x" * 5, 10, ""))]))
    found = {group.kind: group.now for group in groups_of(store, KINDS).groups}
    assert {"thermostat": "", "lamp": "invalid_json", "plug": None} == found


def test_groups_have_a_bound() -> None:
    """Those with the most messages are told, and how many are not; a payload is an excerpt."""
    store = MemoryStore()
    for number in range(SHOWN + 5):
        refused(store, f"odd/{number}", b"y" * (EXCERPT + 1), Rejected("too_large", ""))
    refused(store, "odd/7", b"y", Rejected("too_large", ""))
    found = groups_of(store, KINDS)
    assert (SHOWN, 5, True) == (len(found.groups), found.more, found.whole)
    assert ("odd/7", 2) == (found.groups[0].topic, found.groups[0].number)
    assert EXCERPT == len(found.groups[1].newest.payload)
    assert not groups_of(store, KINDS, "wrong_type").groups
