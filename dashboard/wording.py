"""Words for people: ages, sizes, payloads and foreign text, made safe to show. Pure."""

import json
import re
from codecs import utf_8_decode

from dashboard.reader import ENGLISH, Reader
from schemas.picture import Glimpse, glimpse_of

ONE_LINE = 48
"""Characters of a JSON payload that is shown on one line; a longer one has a line for each of its parts."""
DEEPEST = 8
"""Levels by which such lines are moved to the right."""
_JSON_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def sentence(text: str) -> str:
    """Words of another part as a sentence: a capital at the beginning, one full stop at the end."""
    return text if text.endswith("。") else text[:1].upper() + text[1:].rstrip(".") + "."


def age(seconds: float, reader: Reader = ENGLISH) -> str:
    """How long ago, in steps so coarse that a card does not tick: now, 20 s, 3 min, 5 h, 2 d ago."""
    if seconds < 10:
        return reader.say("now")
    if seconds < 60:
        return reader.say("{n} s ago", n=int(seconds // 10) * 10)
    if seconds < 3_600:
        return reader.say("{n} min ago", n=int(seconds // 60))
    if seconds < 172_800:
        return reader.say("{n} h ago", n=int(seconds // 3_600))
    return reader.say("{n} d ago", n=int(seconds // 86_400))


def ahead(seconds: float, reader: Reader = ENGLISH) -> str:
    """How long until something that is still to come, in the same steps."""
    if seconds < 10:
        return reader.say("now")
    if seconds < 60:
        return reader.say("in {n} s", n=int(seconds // 10) * 10)
    if seconds < 3_600:
        return reader.say("in {n} min", n=int(seconds // 60))
    if seconds < 172_800:
        return reader.say("in {n} h", n=int(seconds // 3_600))
    return reader.say("in {n} d", n=int(seconds // 86_400))


def ago(when: float, now: float, reader: Reader = ENGLISH) -> str:
    """The same of what is over: it is never now."""
    return past(age(now - when, reader), reader)


def shown_text(text: str, limit: int = 120) -> str:
    """Foreign text made safe for one line: control and direction characters escaped, cut."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return printable(cut)


def payload_text(payload: bytes, limit: int = 2_000) -> str:
    """A payload as people can read it: text if it is text, else hexadecimal; cut."""
    try:
        # Not final where it is cut: half a character at the end is none then, not an error.
        text, _length = utf_8_decode(payload[:limit], "strict", len(payload) <= limit)
    except UnicodeDecodeError:
        return payload[: limit // 3].hex(" ") + (" …" if len(payload) > limit // 3 else "")
    return printable(text, keep="\n") + ("…" if len(payload) > limit else "")


def message_text(payload: bytes, reader: Reader, limit: int = 2_000, size: int | None = None) -> str:
    """A message as it is shown: a picture in words, for nobody reads its bytes; JSON laid out; else as it is.

    `size` is that of the whole in bytes, None where nobody knows it: the payload may be cut.
    """
    seen = glimpse_of(payload)
    if seen is None:
        return payload_text(laid_out(payload), limit)
    return reader.say("Looks like a picture: {picture}", picture=picture_words(seen, size, reader))


def picture_words(seen: Glimpse, size: int | None, reader: Reader) -> str:
    """A picture in words: `PNG, 640×480, 23 kB`, as far as that is known."""
    name = seen.media.partition("/")[2]
    words = ["WebP" if name == "webp" else name.upper()]
    words += [f"{seen.width}×{seen.height}"] if seen.width and seen.height else []
    return ", ".join(words if size is None else [*words, size_text(size, reader)])


def laid_out(payload: bytes) -> bytes:
    """JSON with a line for each of its parts, if it is long; whatever else it is, as it is.

    Nothing but space between the parts is changed: numbers, texts and repeated keys stay as they came.
    """
    if len(payload) <= ONE_LINE or payload[:1] not in {b"{", b"["}:
        return payload
    try:
        text = payload.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return payload
    lines, depth, before = [""], 0, ""
    for part in _JSON_PARTS.findall(text):
        opened, closes = before in {"{", "["}, part in {"}", "]"}
        depth += opened - closes
        if (opened or closes or before == ",") and not (opened and closes):
            lines.append("  " * min(depth, DEEPEST))
        lines[-1] += f"{part} " if part == ":" else part
        before = part
    return "\n".join(lines).encode()


def size_text(size: int, reader: Reader = ENGLISH) -> str:
    """A number of bytes as people say it: 512 bytes, 1.5 kB, 256 MB."""
    if size < 1_000:
        return reader.count("{n} byte", "{n} bytes", size)
    units = ("kB", "MB", "GB", "TB")
    step = next((step for step in range(1, len(units)) if size < 999.5 * 1_000**step), len(units))
    shown = size / 1_000**step
    number = f"{shown:.1f}" if shown < 9.95 else plain(round(shown))
    return f"{number} {units[step - 1]}"


def rate_text(rate: float, reader: Reader) -> str:
    """How often messages come, from their number a second."""
    if rate >= 0.95:
        return reader.say("{n} a second", n=f"{rate:.1f}" if rate < 9.95 else plain(round(rate)))
    if rate * 60 >= 0.5:
        return reader.say("{n} a minute", n=round(rate * 60))
    return reader.say("silent")


def reason_text(code: str, reader: Reader = ENGLISH) -> str:
    """The code of a refusal as words."""
    return shown_text(reader.told(code.replace("_", " ")), 40)


def plain(value: float) -> str:
    """A bound or a whole number: thousands apart, without digits that say nothing."""
    whole = isinstance(value, int) or value.is_integer()
    return (f"{int(value):,}" if whole else f"{value:,g}").replace(",", "\u202f")


def past(age_of_it: str, reader: Reader = ENGLISH) -> str:
    """An age of what is over."""
    return reader.say("a few seconds ago") if age_of_it == reader.say("now") else age_of_it


def printable(text: str, keep: str = "") -> str:
    """A text with control and direction characters escaped, but for those to `keep`."""
    # Most text is harmless, which is told at once.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else f"\\u{ord(c):04x}" for c in text)
