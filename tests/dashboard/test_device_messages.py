"""The last messages of a device on its page, as they came."""

import json

from dashboard.views.device_messages import MOST, read, topics_of
from tests.dashboard.client import texts
from tests.dashboard.fake import FakeHouse
from tests.dashboard.stage import Stage, Tab, play, until

PAGE = "/devices/lamp.one?show=&open=messages"
STATE = "fleet/lamp/one/state"


def shown(tab: Tab) -> list[str]:
    """The texts of the section, below its heading."""
    title = "Messages as they came"
    [card] = [card for card in tab.controls("ResponsiveRow")[0]["controls"] if title in texts(card)]
    return texts(card)[1:]


def a_lamp() -> FakeHouse:
    """A house with a lamp that has said three things on two topics, one of them refused."""
    house = FakeHouse()
    house.hear("fleet/lamp/one/availability", b"online", retained=True)
    house.hear(STATE, {"on": True, "brightness": 40})
    house.hear(STATE, {"on": "perhaps"})
    return house


def test_messages_are_shown_with_what_became_of_them() -> None:
    """The newest first, each with its topic, size, marks and payload; a refusal with its reason."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("refused: wrong type")
        told = shown(tab)
        facts = [text for text in told if "QoS" in text]
        assert [
            "17 bytes · QoS 0 · refused: wrong type",
            "30 bytes · QoS 0 · accepted",
            "6 bytes · QoS 0 · retained · accepted",
        ] == facts
        assert [STATE, STATE, "fleet/lamp/one/availability"] == [t for t in told if t.startswith("fleet/")]
        assert {'{"on": "perhaps"}', "online", 'on: expected true or false, got "perhaps"'} <= set(told)

    play(act, a_lamp())


def test_a_new_message_moves_the_others_down_without_another_tree() -> None:
    """Only words are sent while there are as many; the reason is gone with the message that had it."""
    house = a_lamp()
    for number in range(5):
        house.hear(STATE, {"on": True, "brightness": number})

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees('"brightness": 4}')
        [card] = [card for key, card in stage.scene.cards.items() if key.startswith("messages/")]
        drawn = card.drawn
        stage.hear(STATE, {"on": True, "brightness": 77})
        await until(lambda: stage.hub.announce({"tick"}) or tab.shows('"brightness": 77}'), "the new one")
        assert (drawn, False) == (card.drawn, tab.shows('"brightness": 0}'))

    play(act, house)


def test_a_payload_can_be_copied_and_a_refusal_be_found() -> None:
    """The whole that is held goes to the clipboard; the link leads to the same topic and reason."""

    async def act(stage: Stage) -> None:
        tab = await stage.open(PAGE)
        await tab.sees("refused: wrong type")
        copy = [b for b in tab.controls("IconButton") if b.get("tooltip") == "Copy the payload"][-3]
        tab.click(copy)
        call = await tab.asked_to_go()
        assert '{"on": "perhaps"}' == call["args"]["data"]
        tab.answer(call)
        links = [b for b in tab.controls("TextButton") if b["content"] == "Show in the quarantine"]
        assert [True, False, False] == [link.get("visible", True) for link in links]
        tab.click(links[0])
        await until(lambda: [c for c in tab.client.invoked if "route" in c["args"]], "the way there")
        [call] = [c for c in tab.client.invoked if "route" in c["args"]]
        assert "/quarantine?topic=fleet%2Flamp%2Fone%2Fstate&reason=wrong_type" == call["args"]["route"]

    play(act, a_lamp())


def test_nothing_is_read_of_what_is_folded() -> None:
    """By itself the section is folded, on a wide window too."""
    house = a_lamp()
    house.topic = failing  # type: ignore[method-assign]

    async def act(stage: Stage) -> None:
        tab = await stage.open("/devices/lamp.one?show=")
        await tab.sees("Last message")
        assert [] == shown(tab)
        tab.go(PAGE)
        await tab.sees("This cannot be read now: no topics")

    play(act, house)


def failing(_topic: str) -> None:
    """A bridge that cannot be asked."""
    raise OSError("no topics")


def test_which_topics_are_those_of_a_device() -> None:
    """All of its kind with its own id; of one that no kind claims the one on which it spoke."""
    house = a_lamp()
    house.hear("attic/thing", {"fnord": 7})
    [other] = [device for device in house.devices if device.startswith("topic.")]
    assert [STATE, "fleet/lamp/one/availability", "fleet/lamp/one/set"] == topics_of(house, "lamp.one")
    assert (["attic/thing"], []) == (topics_of(house, other), topics_of(house, "lamp.one/two"))


def test_messages_are_few() -> None:
    """At most so many, the newest of all topics."""
    house = a_lamp()
    for number in range(40):
        house.hear(STATE, {"on": True, "brightness": number})
        house.hear("fleet/lamp/one/set", json.dumps({"brightness": number}))
    found = read(house, "lamp.one")
    assert (MOST, json.dumps({"brightness": 39}).encode()) == (len(found), found[0].said.payload)
