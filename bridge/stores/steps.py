"""How long the stretches are into which a history is told. All times are whole microseconds. Pure."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3_600 * SECOND
_UNITS = (HOUR, MINUTE, SECOND, SECOND // 1_000, 1)


def step_for(begin: int, end: int, points: int, least: int = 1) -> int:
    """The length, from `least` up, of stretches of which [begin, end) touches at most `points` (2 or more).

    They are counted from 1970. Above an hour it is whole hours, above a minute whole minutes, and so on, so
    that hours and minutes that were rolled up fall into one stretch each.
    """
    least = max(least, -(-(end - begin) // max(1, points - 1)))
    unit = next(unit for unit in _UNITS if least > unit or unit == 1)
    return -(-least // unit) * unit
