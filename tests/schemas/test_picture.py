"""Pictures: which bytes are one, how large it is, and that nothing but a refusal comes of others."""

import base64
import contextlib
import json
import struct
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.simulate.pictures import png
from schemas.catalog import Kinds
from schemas.decode import MAX_PAYLOAD, decode
from schemas.device import Device, KindError, kind_of
from schemas.image import LARGEST, Image
from schemas.message import RawMessage, Reading, Readings, Rejected, Unclaimed
from schemas.picture import (
    MAX_EDGE,
    Glimpse,
    NoPicture,
    Picture,
    Reference,
    glimpse_of,
    picture_in,
    picture_of,
    reference_of,
)

JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff"
    b"\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
)
PNG = png(4, 3, bytes(15))
GIF = b"GIF89a" + struct.pack("<HH", 20, 10) + b"\x00\x00\x00;"
LOSSY = b"RIFF\x1e\x00\x00\x00WEBPVP8 \x12\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 30, 9)
LOSSLESS = b"RIFF\x1e\x00\x00\x00WEBPVP8L\x12\x00\x00\x00\x2f" + struct.pack("<I", 39 | 19 << 14)
PARTS = b"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x31\x00\x00\x18\x00\x00"
PICTURES = {
    "jpeg": (JPEG, ("image/jpeg", 640, 480)),
    "png": (PNG, ("image/png", 4, 3)),
    "gif": (GIF, ("image/gif", 20, 10)),
    "webp lossy": (LOSSY, ("image/webp", 30, 9)),
    "webp lossless": (LOSSLESS, ("image/webp", 40, 20)),
    "webp of parts": (PARTS, ("image/webp", 50, 25)),
}


class Doorbell(Device, topic="home/doorbell/{device}/state"):
    """A kind with pictures in its state, and one on a topic of its own."""

    inside: bytes | None = None
    small: Annotated[bytes | None, Image(max_bytes=100)] = None
    apart: Annotated[bytes | None, Image(topic="home/doorbell/{device}/picture", max_bytes=400_000)] = None


KINDS = Kinds()
KINDS.add(kind_of(Doorbell))


def heard(payload: bytes, level: str = "picture") -> Readings | Rejected:
    """What a message of the doorbell turned out to be."""
    outcome = decode(RawMessage(f"home/doorbell/front/{level}", payload, 1_780_000_000.0), KINDS)
    assert isinstance(outcome, Readings | Rejected)
    return outcome


def refused(payload: bytes, level: str = "picture") -> tuple[str, str]:
    """The code and the sentence of a refusal."""
    outcome = heard(payload, level)
    assert isinstance(outcome, Rejected)
    return outcome.code, outcome.detail


@pytest.mark.parametrize("name", PICTURES)
def test_what_a_picture_is(name: str) -> None:
    """The type and the size are read from the first bytes."""
    data, expected = PICTURES[name]
    assert Picture(*expected, data) == picture_of(data, 1_000)


@pytest.mark.parametrize("name", PICTURES)
def test_a_cut_picture_is_refused_or_measured(name: str) -> None:
    """However little of a picture has come, it is refused, or has the size of the whole."""
    data, (media, width, height) = PICTURES[name]
    for length in range(len(data)):
        try:
            found = picture_of(data[:length], 1_000)
        except NoPicture:
            continue
        assert (media, width, height) == found[:3]
    with pytest.raises(NoPicture):
        picture_of(data[:9], 1_000)


@given(
    st.sampled_from([data[:length] for data, _ in PICTURES.values() for length in (0, 4, 12, 16)]),
    st.binary(),
)
def test_nothing_but_a_refusal(head: bytes, rest: bytes) -> None:
    """Whatever the bytes are, they are a picture within the limits or refused."""
    try:
        found = picture_of(head + rest, 1_000)
    except NoPicture:
        return
    assert 0 < found.width <= MAX_EDGE
    assert 0 < found.height <= MAX_EDGE


@given(st.text(max_size=200))
def test_nothing_but_a_refusal_of_a_text(text: str) -> None:
    """Whatever the text is, it holds a picture or is refused."""
    with contextlib.suppress(NoPicture):
        assert picture_in(text, 1_000).data


def test_the_words_can_be_read_again() -> None:
    """What stands for a picture tells its type, its size and its digest; other pictures have other words."""
    words = picture_of(PNG, 1_000).words
    found = reference_of(words)
    assert found is not None
    assert Reference("image/png", 4, 3, len(PNG), words.rpartition(" ")[2]) == found
    assert words != picture_of(png(4, 3, bytes([0, 1, 0, 0, 0] * 3)), 1_000).words
    assert [None, None, None] == [reference_of(other) for other in (None, 3, "image/png")]


def test_a_picture_on_its_own_topic() -> None:
    """A message there is one picture: its reading tells of it, and its bytes go with it."""
    outcome = heard(PNG)
    assert isinstance(outcome, Readings)
    assert ("doorbell.front", "apart", picture_of(PNG, 1_000).words) == (
        outcome.device_id,
        *outcome.readings[0][:2],
    )
    assert (("apart", picture_of(PNG, 1_000)),) == outcome.pictures


@pytest.mark.parametrize("head", ["", "data:image/png;base64,", "data:;base64,"])
def test_a_picture_in_a_state_message(head: str) -> None:
    """In JSON a picture is base64, or a data URI."""
    outcome = heard(json.dumps({"inside": head + base64.b64encode(PNG).decode()}).encode(), "state")
    assert isinstance(outcome, Readings)
    assert (("inside", picture_of(PNG, 1_000)),) == outcome.pictures


def test_what_is_no_picture_is_refused() -> None:
    """SVG, which can hold programs, text, and nothing that is base64."""
    assert "invalid_value" == refused(b"<svg xmlns='http://www.w3.org/2000/svg'/>")[0]
    none = "inside: expected a picture in base64, got a text that is not base64"
    assert ("invalid_value", none) == refused(b'{"inside": "%"}', "state")


def test_too_large_a_picture_is_refused() -> None:
    """By its bytes, in both ways, and by the pixels that it says it has."""
    assert "too_large" == refused(PNG + bytes(400_000))[0]
    bomb = PNG[:16] + struct.pack(">II", 60_000, 60_000) + PNG[24:]
    sentence = (
        "apart: expected a picture of at most 16,384 pixels each way and 25,000,000 in all, got 60000×60000"
    )
    assert ("too_large", sentence) == refused(bomb)
    large = json.dumps({"small": base64.b64encode(PNG + bytes(100)).decode()}).encode()
    assert "too_large" == refused(large, "state")[0]
    huge = json.dumps({"small": "A" * 1_000}).encode()
    assert "too_large" == refused(huge, "state")[0]


def test_a_message_may_be_as_large_as_its_pictures() -> None:
    """The limit of all messages does not count what a kind allows for pictures."""
    assert isinstance(heard(PNG + bytes(MAX_PAYLOAD)), Readings)
    text = base64.b64encode(PNG + bytes(MAX_PAYLOAD)).decode()
    assert isinstance(heard(json.dumps({"inside": text}).encode(), "state"), Readings)


def declared(trait: object, kind: object) -> str:
    """What is wrong with a field that is declared so."""
    with pytest.raises(KindError) as error:
        type(
            "Odd",
            (Device,),
            {"__annotations__": {"p": Annotated[kind, trait]}, "p": None},
            topic="o/{device}/s",
        )
    return str(error.value)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"max_bytes": 0}, f"Image: max_bytes must be a whole number of bytes from 1 to {LARGEST:,}, not 0"),
        ({"topic": " "}, "Image: topic must be a text, not ' '"),
        ({"command": "o/{device}/set"}, "Image can only be read: remove its command"),
    ],
    ids=["size", "topic", "command"],
)
def test_a_trait_that_cannot_be_meant(given_: dict[str, object], expected: str) -> None:
    """A mistake is one line."""
    with pytest.raises(KindError) as error:
        Image(**given_)  # type: ignore[arg-type]
    assert expected == str(error.value)


def test_a_topic_that_cannot_be_its_own() -> None:
    """It needs the device, and must not be the state's."""
    maybe = bytes | None
    assert 'Odd.p: the topic "o/x" must hold' in declared(Image(topic="o/x"), maybe)
    assert "is that of the state; give it another one" in declared(Image(topic="o/{device}/s"), maybe)
    assert "Image goes with bytes, not with str" in declared(Image(), str | None)


@pytest.mark.parametrize("name", PICTURES)
def test_a_beginning_tells_what_it_is(name: str) -> None:
    """With its first bytes alone a picture is known, its size as soon as they hold it."""
    data, expected = PICTURES[name]
    # A byte of a picture is no text, but its first ones may be.
    data += b"\xff\xd9"
    assert Glimpse(*expected) == glimpse_of(data)
    for length in range(len(data)):
        assert glimpse_of(data[:length]) in {None, Glimpse(expected[0]), Glimpse(*expected)}
    assert Glimpse("image/jpeg") == glimpse_of(JPEG[:12])


@pytest.mark.parametrize(
    "payload", [b"", b"GIF89a is a format", b"RIFF\xff\xff\xff\xffWAVE", b"\xff\x00", b"BM\xff"]
)
def test_what_does_not_look_like_a_picture(payload: bytes) -> None:
    """Text, sounds and other bytes."""
    assert glimpse_of(payload) is None


def test_a_picture_that_no_kind_claims() -> None:
    """It is one all the same, and what it showed is not in its words; broken ones stay bytes."""
    outcome = decode(RawMessage("attic/cam", PNG, 1_780_000_000.0), KINDS)
    picture = picture_of(PNG, 1_000)
    reading = Reading("payload", picture.words)
    expected = Unclaimed("topic.attic%2Fcam", (reading,), False, False, (("payload", picture),))
    assert expected == outcome
    broken = decode(RawMessage("attic/cam", PNG[:20], 1_780_000_000.0), KINDS)
    assert isinstance(broken, Unclaimed)
    assert ((), True) == (broken.pictures, str(broken.readings[0].value).startswith("base64:"))
