"""The garbage collector's pace, for a program that makes a million short-lived values a second."""

import gc

YOUNG = 50_000
"""Values more than before that call for a look at the young ones; Python's own choice is 700. Messages hold
no cycles and go by themselves, and to look at them was a third of what taking them in costs."""


def look_rarely() -> None:
    """Leave what is there now alone and look at the rest seldom. For entry points, once all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
