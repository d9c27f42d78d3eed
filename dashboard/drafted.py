"""The first draft of a kind in a person's language: what is said in its comments and docstrings."""

import re
from collections.abc import Iterator
from io import StringIO
from tokenize import COMMENT, STRING, TokenInfo, generate_tokens

from dashboard.reader import Reader

_OF_ONE_LINE = re.compile(r'"""(.+)"""')


def drafted(text: str, reader: Reader) -> str:
    """The text of a file with a kind, as `schemas.suggest` writes it; what Python reads of it stays the same.

    Nothing but comments and docstrings changes, and of these only what is known to be ours.
    """
    lines = text.split("\n")
    # From the end, so that what is still to be told stands where it stood.
    for token in reversed([*_said(text)]):
        row, (start, end) = token.start[0] - 1, (token.start[1], token.end[1])
        line = lines[row]
        lines[row] = line[:start] + _told(token, reader) + line[end:]
    return "\n".join(lines)


def _said(text: str) -> Iterator[TokenInfo]:
    for token in generate_tokens(StringIO(text).readline):
        if token.type == COMMENT or (token.type == STRING and token.string.startswith('"""')):
            yield token


def _told(token: TokenInfo, reader: Reader) -> str:
    if token.type == COMMENT:
        return f"# {reader.told(token.string.removeprefix('# '))}"
    found = _OF_ONE_LINE.fullmatch(token.string)
    return token.string if found is None else f'"""{reader.told(found[1])}"""'
