"""The page of what no kind claims, and the phone's way to the pages that its bar has no room for."""

import flet as ft
import pytest

from dashboard.views.more import beyond
from dashboard.views.unclaimed import suggest
from tests.dashboard.client import Tree, texts
from tests.dashboard.fake import FakeHouse, Person
from tests.dashboard.stage import WIDE, Stage, play, plugged, until

TOPIC = "workshop/saw/oil"
PHONE: Tree = {**WIDE, "width": 400}


def oiled() -> FakeHouse:
    """A plug, and a topic that nobody claims."""
    house = plugged()
    for pressure in (7.4, 7.6, 7.9):
        house.hear(TOPIC, {"pressure": pressure, "running": True})
    return house


def test_only_what_no_kind_claims_is_there() -> None:
    """With its topic, its values and how often it speaks, and it follows; a plug is not there."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/unclaimed")
        await tab.sees(TOPIC)
        await tab.sees("7.9")
        await tab.sees("a minute")
        stage.hear(TOPIC, {"pressure": 8.25, "running": True})
        await tab.sees("8.25")
        assert not tab.shows("12.5")

    play(act, oiled())


def test_where_all_is_claimed_that_is_said() -> None:
    """And the first that comes is there by itself."""

    async def act(stage: Stage) -> None:
        tab = await stage.open("/unclaimed")
        await tab.sees("Every topic is claimed")
        stage.hear(TOPIC, {"pressure": 1})
        await tab.sees(TOPIC)

    play(act, plugged())


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (None, ['[schemas]\npaths = ["kinds"]', 'in a folder, such as "kinds" beside the config file']),
        ("my kinds", ["in the folder my kinds."]),
    ],
    ids=["no-folder", "folder"],
)
def test_a_kind_is_suggested(folder: str | None, words: list[str]) -> None:
    """A dialog has the file, says where it goes and that it takes a restart; a button copies it."""

    async def act(stage: Stage) -> None:
        who, house = Person(), stage.house
        house.kind_folder = folder
        suggest(house, who, TOPIC)  # type: ignore[arg-type]
        await until(lambda: who.dialogs, "the dialog")
        [dialog] = who.dialogs
        assert isinstance(dialog, ft.AlertDialog)
        assert isinstance(dialog.content, ft.Column)
        lines: list[str] = []
        for control in dialog.content.controls:
            shown = control.content if isinstance(control, ft.Container) else control
            assert isinstance(shown, ft.Text)
            lines.append(shown.value)
        for word in [*words, "pressure: ", "restarted"]:
            assert any(word in line for line in lines), word
        copy: ft.Button = dialog.actions[1]  # type: ignore[assignment]
        copy.on_click(None)  # type: ignore[misc, call-arg, arg-type]
        assert [house.suggestion(TOPIC).text] == who.copied

    play(act, oiled())


def test_where_no_kind_can_be_made_the_reason_is_told() -> None:
    """Of a message that is no object there is no dialog."""

    async def act(stage: Stage) -> None:
        who = Person()
        stage.hear("plain/topic", b"17")
        suggest(stage.house, who, "plain/topic")  # type: ignore[arg-type]
        await until(lambda: who.told, "the reason")
        assert who.told[0].startswith("No kind can be made of this: a kind is made of messages that")
        assert [] == who.dialogs

    play(act)


def test_a_phone_has_five_entries_and_the_rest_behind_the_last() -> None:
    """The last is chosen on its own page and on those it leads to; a desktop has all of them."""

    async def act(stage: Stage) -> None:
        tab, wide = await stage.open("/more", PHONE), await stage.open("/more")
        for page in beyond():
            await tab.sees(page.title)
        bar = tab.controls("NavigationBar")[0]
        assert ["Overview", "Pages", "Quarantine", "Unclaimed", "More"] == [
            entry["label"] for entry in bar["destinations"]
        ]
        assert 4 == bar["selected_index"]
        tab.go("/topics")
        await tab.sees("fleet")
        assert 4 == tab.controls("NavigationBar")[0]["selected_index"]
        rail = wide.controls("NavigationRail")[0]
        assert ["Topics", "System"] == [entry["label"] for entry in rail["destinations"]][-2:]
        assert "Topics" in texts(wide.client.root.get("views", []))

    play(act, plugged())
