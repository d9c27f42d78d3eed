"""Messages from a thread through decoding, state and frames."""

import itertools
import json
import time
from collections.abc import Iterator

from benchmarks.fleet import fleet
from benchmarks.measure import Row, seconds

MESSAGES = 50_000
DEVICES = 100


def rows() -> Iterator[Row]:
    """Messages a second, against a loop that does nothing but read the same JSON."""
    with fleet(DEVICES) as devices:
        messages = list(itertools.islice(devices.messages(), MESSAGES))
        encoded = [(topic, payload.encode()) for topic, payload in messages]

        def ours() -> None:
            goal = devices.house.counts.received + MESSAGES
            for topic, payload in encoded:
                while not devices.source.submit(topic, payload):
                    time.sleep(0.001)
            while devices.house.counts.received < goal:
                time.sleep(0.001)

        def bare() -> None:
            for _topic, payload in encoded:
                json.loads(payload)

        took, loop = seconds(ours, rounds=3), seconds(bare, rounds=3)
        yield Row(
            "taken in, validated, kept and shown", "msg/s", MESSAGES / took, MESSAGES / loop,
            "bare `json.loads`", more_is_better=True,
        )  # fmt: skip
