"""What a kind says of its commands: what is asked before one, and how long it may take."""

from typing import Annotated, Literal

from schemas import Choice, Device, Numeric, Switch, kind_of, shipped_kinds


class Press(Device, topic="press/{device}", confirm_within=30):
    """A machine that does harm if it is started by mistake."""

    on: Annotated[bool, Switch(command="press/{device}/set", confirm="Start the press?", confirm_for=(True,))]
    mode: Annotated[
        Literal["idle", "run", "purge"] | None,
        Choice(command="press/{device}/set", confirm="Is nobody near it?", confirm_for=("run", "purge")),
    ] = None
    force: Annotated[float | None, Numeric(command="press/{device}/set", confirm="Another force?")] = None
    light: Annotated[bool | None, Switch(command="press/{device}/set")] = None


def test_a_kind_says_what_is_asked_before_a_command() -> None:
    """Before every value, or before those that are named; nothing where it says nothing."""
    metrics = kind_of(Press).metrics
    assert ["Start the press?", None] == [metrics["on"].question(value) for value in (True, False)]
    assert [None, "Is nobody near it?", "Is nobody near it?"] == [
        metrics["mode"].question(word) for word in metrics["mode"].options
    ]
    assert ("Another force?", None) == (metrics["force"].question(5), metrics["light"].question(True))


def test_the_json_schema_says_how_a_field_is_set() -> None:
    """With its command topic, the question, and when that is asked; nothing for a field that is only read."""
    told = {
        name: {key: value for key, value in schema.items() if key.startswith("x-")}
        for name, schema in Press.model_json_schema()["properties"].items()
    }
    command = {"x-command": "press/{device}/set"}
    assert {
        "on": command | {"x-confirm": "Start the press?", "x-confirm-for": [True]},
        "mode": command | {"x-confirm": "Is nobody near it?", "x-confirm-for": ["run", "purge"]},
        "force": command | {"x-confirm": "Another force?"},
        "light": command,
    } == {name: keys for name, keys in told.items() if keys}


def test_a_kind_says_how_long_a_command_may_take() -> None:
    """In seconds; without a word of its own it is 5."""
    tank = shipped_kinds().get("tank")
    assert tank is not None
    assert (30.0, 5.0) == (kind_of(Press).confirm_within, tank.confirm_within)
