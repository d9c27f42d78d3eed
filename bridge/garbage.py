"""When memory is given back, in a program that makes a million short-lived values a second."""

import contextlib
import ctypes
import gc

YOUNG = 50_000
"""Values more than before that call for a look at the young ones; Python's own choice is 700. Messages hold
no cycles and go by themselves, and to look at them was a third of what taking them in costs."""

LARGE = 1 << 20
"""Bytes of one piece of memory that glibc gives back as soon as it is free."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""As glibc's `mallopt` numbers them."""


def look_rarely() -> None:
    """Leave what is there now alone and look at the rest seldom. For entry points, once all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def give_back_large() -> None:
    """Let glibc return large pieces of memory to the system at once. For entry points; else without effect.

    By itself it does so only until the first of them is freed: it then keeps pieces of that size, up to
    32 MB, and a thread that has compressed a file keeps what that took for good.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_TRIM_THRESHOLD, LARGE)
