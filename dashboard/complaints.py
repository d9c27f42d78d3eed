"""What is logged of a browser's messages that could not be handled: one line for each connection.

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


class Complaint:
    """Of one connection. `write` is given what is wrong, once, and the error that it came of, if any.

    `made`: it was, or a logger of ours was told; whatever comes after it is not logged.
    """

    def __init__(self, write: Callable[[str, BaseException | None], None]) -> None:
        self.made = False
        self._write = write

    def serve(self) -> None:
        """What is logged from here on, by this task and those that it starts, is of this connection."""
        _served.set(self)

    def make(self, what: str, error: BaseException | None = None) -> None:
        """Write it, unless there is one."""
        if not self.made:
            self.made = True
            self._write(what, error)

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether a logger's line is written as it is: none of Flet's about an error, any other one once."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not record.name.startswith("dashboard."):
            self.make(str(error), error)
            return False
        before, self.made = self.made, True
        return not before


def of_browser(error: BaseException) -> bool:
    """Whether Flet alone stumbled over what the browser sent: nothing of ours was reached."""
    traceback = error.__traceback__
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] not in FLETS:
            return False
        traceback = traceback.tb_next
    return True


def _admitted(record: logging.LogRecord) -> bool:
    complaint = _served.get()
    return complaint is None or record.levelno < logging.WARNING or complaint.admits(record)


_served: ContextVar[Complaint | None] = ContextVar("served", default=None)
for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_admitted)
