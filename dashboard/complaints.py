"""What is logged of a browser's messages that could not be handled: one line, and one for each fault of ours.

Flet logs each of them with a traceback, as often as a browser likes to send one. While a socket is served its
`Complaint` stands in the context, which all tasks that Flet starts for it inherit; there the loggers find it.
"""

import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar

LOGGERS = ("flet", "flet_web.fastapi", "dashboard.session")
"""Those that log what came of a browser's message."""
FLETS = frozenset({"flet", "flet_web", "msgpack", *sys.stdlib_module_names})


MOST = 10
"""Lines for one connection. Whoever finds more faults than that has been heard."""


class Complaint:
    """Of one connection. `write` is given what is wrong, and the error that it came of, if any.

    Once for all that its browser sends and nobody understands; once for each fault of ours, that is for each
    line of code that raised, whatever was told before: it must not hide behind another. What comes without an
    error is told if nothing was.
    """

    def __init__(self, write: Callable[[str, BaseException | None], None]) -> None:
        self._made: set[object] = set()
        self._write = write

    def serve(self) -> None:
        """What is logged from here on, by this task and those that it starts, is of this connection."""
        _served.set(self)

    def make(self, what: str, error: BaseException | None = None) -> None:
        """Write it, unless there is one."""
        if self._is_new(error):
            self._write(what, error)

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether a logger's line is written as it is: none of Flet's about an error, any other new one."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not record.name.startswith("dashboard."):
            self.make(str(error), error)
            return False
        return self._is_new(error)

    def _is_new(self, error: BaseException | None) -> bool:
        place = None if error is None else "the browser" if of_browser(error) else _place(error)
        known = self._made if place is None else place in self._made
        if known or len(self._made) >= MOST:
            return False
        self._made.add(place)
        return True


def of_browser(error: BaseException) -> bool:
    """Whether Flet alone stumbled over what the browser sent: nothing of ours was reached."""
    traceback = error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] not in FLETS:
            return False
        traceback = traceback.tb_next
    return True


def _place(error: BaseException) -> object:
    """The line that raised it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    at = None if traceback is None else (traceback.tb_frame.f_code, traceback.tb_lineno)
    return type(error), at


def _admitted(record: logging.LogRecord) -> bool:
    complaint = _served.get()
    return complaint is None or record.levelno < logging.WARNING or complaint.admits(record)


_served: ContextVar[Complaint | None] = ContextVar("served", default=None)
for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_admitted)
