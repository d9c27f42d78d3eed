"""What is shown of a device's names, and what the config must say for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.labels import LONGEST, Label, line_of_words, relabelled, shown
from bridge.state import DeviceState

SILENT = DeviceState("lamp.a", "lamp")
NAMED = DeviceState("lamp.a", "lamp", name="Own")
BOTH = DeviceState("lamp.a", "lamp", name="Own", place="Own place")

TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=LONGEST)


@given(
    st.builds(Label, TEXTS, TEXTS, st.booleans(), st.booleans()),
    st.builds(DeviceState, st.just("lamp.a"), st.just("lamp"), TEXTS, TEXTS),
    TEXTS,
    TEXTS,
)
def test_what_is_asked_for_is_shown(
    given_before: Label, device: DeviceState, name: str | None, place: str | None
) -> None:
    """Whatever the config and the device say: afterwards it is shown, or nothing is asked and they decide."""
    own = device._replace(
        name=(device.name or "").strip() or None, place=(device.place or "").strip() or None
    )
    label = relabelled(given_before, own, name, place)
    found = shown(label, own)
    assert ((name or "").strip() or own.name, (place or "").strip() or own.place) == (found.name, found.place)
    assert given_before.retired == found.retired


@pytest.mark.parametrize(
    ("device", "before", "expected"),
    [
        (None, Label(), Label("New", None)),
        (SILENT, Label("Old", "Hall"), Label("New", None)),
        (NAMED, Label(), Label("New", None, override=True)),
        (NAMED, Label("Old", retired=True), Label("New", None, retired=True, override=True)),
        (SILENT, Label("Old", override=True), Label("New", None, override=True)),
    ],
    ids=["never heard", "silent", "announces one", "retired", "overridden by hand"],
)
def test_override_is_written_where_it_is_needed(
    device: DeviceState | None, before: Label, expected: Label
) -> None:
    """Only against a device that announces something else; what a person has written stays."""
    assert expected == relabelled(before, device, "New", None)


def test_what_the_device_says_itself_is_not_written() -> None:
    """So that the device can change it; then nothing has to go before it either."""
    assert Label(None, "Hall", override=True) == relabelled(Label(), BOTH, "Own", "Hall")
    assert Label() == relabelled(Label("Old", "Hall", override=True), BOTH, "Own", None)
    assert Label() == relabelled(Label("Old", "Hall", override=True), BOTH, "", " ")


@pytest.mark.parametrize("text", ["温度", "\u202b\u0645\u0637\u0628\u062e\u202c", "👩‍🔧 Werk", "a" * LONGEST])
def test_any_script_is_a_name(text: str) -> None:
    """Blanks around it do not count."""
    assert text == line_of_words(f"  {text}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * (LONGEST + 1), "expected at most 100 characters"),
        ("a\nb", "expected one line without control characters"),
        ("a\u2028b", "expected one line without control characters"),
        ("a\x00b", "expected one line without control characters"),
        ("\ud800", "expected one line without control characters"),
    ],
    ids=["too long", "two lines", "a line separator", "NUL", "half a character"],
)
def test_what_is_no_name(text: str, expected: str) -> None:
    """It is told what a name is."""
    with pytest.raises(ValueError, match=expected):
        line_of_words(text)
    with pytest.raises(ValueError, match=f"place: {expected}"):
        relabelled(Label(), None, None, text)
