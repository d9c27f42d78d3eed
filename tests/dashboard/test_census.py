"""All devices as order and filters need them: right after any change, and looked at anew only for one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.service import Label
from dashboard import census
from dashboard.census import Census
from tests.dashboard.fake import FakeHouse

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hear", "alarm", "offline", "silence", "rename", "forget"]), st.integers(0, 3)
    ),
    max_size=20,
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_it_is_as_if_all_were_looked_at_anew(steps: list[tuple[str, int]]) -> None:
    """After whatever happens, and its version is another one if a standing is."""
    house = FakeHouse()
    known = house.census
    for what, number in steps:
        before = {found.id: found._replace(seen_at=None) for found in known.look(house)}
        version = known.version
        device_id = f"machine.m{number}"
        topic = f"fleet/machine/m{number}"
        if what in ("hear", "alarm"):
            house.hear(f"{topic}/state", {"state": "fault" if what == "alarm" else "idle"})
        elif what == "offline":
            house.hear(f"{topic}/availability", "offline")
        elif what == "silence":
            house.let_pass(120)
        elif what == "rename":
            house.labels[device_id] = Label(f"Saw {len(before)}", "Workshop")
        else:
            house.state.devices.pop(device_id, None)
        anew = Census().look(house)
        assert sorted(anew) == sorted(known.look(house))
        now = {found.id: found._replace(seen_at=None) for found in anew}
        assert (before != now) is (version != known.version)


def test_an_alert_is_of_a_device_that_is_there() -> None:
    """What an absent one said last may be over; that it is absent is why it needs attention."""
    house = FakeHouse()
    house.hear("fleet/machine/saw/state", {"state": "fault"})
    house.hear("fleet/thermostat/bath/state", {"temperature": 20})
    assert [(True, True), (False, False)] == [(one.alert, one.attention) for one in house.census.look(house)]
    house.hear("fleet/machine/saw/availability", "offline")
    assert [(False, True), (False, False)] == [(one.alert, one.attention) for one in house.census.look(house)]
    house.broker(up=False, detail="gone")
    assert {"online": 0, "offline": 0, "stale": 0, "unknown": 2, "alert": 0} == census.count(
        house.census.look(house)
    )
    assert not any(one.attention for one in house.census.look(house))


def test_an_answer_is_kept_until_a_device_stands_otherwise() -> None:
    """A value within its limits changes nothing; a new device does."""
    house = FakeHouse()
    house.hear("fleet/thermostat/bath/state", {"temperature": 20})
    asked: list[int] = []

    def ask() -> int:
        found = house.census.look(house)
        answer: int = house.census.answer("how many", lambda: asked.append(len(found)) or len(found))  # type: ignore[func-returns-value]
        return answer

    assert (1, 1) == (ask(), ask())
    house.hear("fleet/thermostat/bath/state", {"temperature": 21})
    assert (1, [1]) == (ask(), asked)
    house.hear("fleet/lamp/bath/state", {"on": True})
    assert (2, [1, 2]) == (ask(), asked)
