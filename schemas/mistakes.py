"""What is wrong with a file of kinds: in which line, in which class and field, in one line of words."""

import ast
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.device import KindError


def mistake(
    error: BaseException, file: Path, source: bytes, names: Mapping[str, object]
) -> tuple[int | None, str]:
    """The line and the text of what was raised while the file ran, with `names` as far as it came."""
    line, text = _line(error, file), _text(error)
    for model, name, field in _fields(source):
        whole = f"{model.name}.{name}: {text}"
        if line is not None and field.lineno <= line <= (field.end_lineno or 0):
            return line, whole
        if line == model.lineno and _raises(field, error, names) and not text.startswith(model.name):
            return field.lineno, whole
    return line, text


def _line(error: BaseException, file: Path) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return error.lineno
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)
    ]
    return lines[-1] if lines else None


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"this is not Python: {error.msg}"
    text = (str(error).strip() or "no further text").splitlines()[0]
    if isinstance(error, KindError):
        return text
    if isinstance(error, SystemExit):
        return "the file ends the program; a kind's file must only declare"
    return f"{type(error).__name__}: {text}"


def _fields(source: bytes) -> Iterator[tuple[ast.ClassDef, str, ast.AnnAssign]]:
    """Every class, and in it the name and the declaration of each field; none of what is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for model in ast.walk(tree):
        if isinstance(model, ast.ClassDef):
            for field in model.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield model, field.target.id, field


def _raises(field: ast.AnnAssign, error: BaseException, names: Mapping[str, object]) -> bool:
    """Whether it is the type of this field that cannot be made.

    Types that are only read after their class (`from __future__ import annotations`) do not say it by line.
    """
    try:
        eval(compile(ast.Expression(field.annotation), "type", "eval"), dict(names))  # noqa: S307
    except Exception as again:  # noqa: BLE001  (a user's file is a program)
        return (type(again), str(again)) == (type(error), str(error))
    return False
