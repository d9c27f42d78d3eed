"""What is logged of one connection: neither as often as it fails, nor less than there is to mend."""

import logging
from collections.abc import Callable
from functools import partial

import msgpack
import pytest

from dashboard.complaints import MOST, Complaint

nonsense = partial(msgpack.unpackb, b"")
"""What fails in code that is not ours, as when a browser sends what cannot be read."""


def fault(number: int) -> Callable[[], None]:
    """A fault of ours, each at a line of code of its own."""
    scope: dict[str, Callable[[], None]] = {}
    exec(compile(f"def fail():\n  raise RuntimeError('fault {number}')", f"ours{number}", "exec"), scope)  # noqa: S102
    return scope["fail"]


def error_of(fails: Callable[[], object]) -> Exception:
    """What it raises."""
    try:
        fails()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is wanted
        # As Flet finds it, which has called our code: what is above belongs to neither.
        return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    pytest.fail("it did not fail")


def record(name: str, error: Exception | None) -> logging.LogRecord:
    """A line of a logger."""
    about = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord(name, logging.ERROR, "", 1, "line", (), about)


def test_a_fault_of_ours_does_not_hide_behind_another_line() -> None:
    """After what the browser sent, each fault has its line, once; what comes without an error has none."""
    told: list[str] = []
    complaint = Complaint(lambda what, _error: told.append(what))
    first, second = fault(1), fault(2)
    for _ in range(3):
        complaint.make("nonsense", error_of(nonsense))
        complaint.make("nonsense of another sort", error_of(partial(int, "x")))
        assert not complaint.admits(record("flet", error_of(first)))
        complaint.make("the session crashed")
    assert ["nonsense", "fault 1"] == told
    lines = [complaint.admits(record("dashboard.session", error_of(second))) for _ in range(2)]
    assert [True, False] == lines
    assert not complaint.admits(record("dashboard.session", None))


def test_one_connection_has_so_many_lines() -> None:
    """Whoever comes upon ever new faults is not heard for ever."""
    told: list[str] = []
    complaint = Complaint(lambda what, _error: told.append(what))
    for number in range(2 * MOST):
        complaint.make(str(number), error_of(fault(number)))
    assert [str(number) for number in range(MOST)] == told
