"""Which topics are meant by one in which a level stands for any."""

import re
from functools import lru_cache


@lru_cache(64)
def pattern_of(topic: str) -> re.Pattern[str]:
    """What the topics look like that are meant: a level `+` is any one level, all else is as it is."""
    return re.compile("/".join("[^/]*" if level == "+" else re.escape(level) for level in topic.split("/")))
