"""What it takes to forget a device: the topics on which a broker may have something retained of it. Pure."""

from collections.abc import Sequence

from bridge.state import DeviceState
from schemas.catalog import Kinds


def retained_topics(kinds: Kinds, device: DeviceState) -> Sequence[str]:
    """The topics of a device's state and availability, or the one on which an unclaimed device speaks.

    A message that was published while we listened does not say that it is retained, so none is left out.
    """
    kind = kinds.get(device.kind)
    try:
        if kind is not None:
            values = kind.placeholders_of(device.id)
            return [
                each.format(values)
                for each in (kind.topic, kind.availability, *(own for _, own in kind.own_topics))
                if each is not None
            ]
    except ValueError:
        # The kind's topic is another one by now than when it spoke.
        pass
    return [device.last_topic] if device.last_topic else []
