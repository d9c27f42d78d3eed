"""What a bridge is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.config_file import ConfigFile
from bridge.labels import Label
from bridge.ports import PICTURES_SIZE, Store, Transport
from schemas.catalog import Kinds


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bridge is made of. The first transport is the broker: its connection is the one shown.

    `broker_url` is where devices reach the broker, without secrets, for people; `embedded`: it is our own.
    `config` is the file that gives the labels; without one what is changed of them holds until the end.
    `kind_folder` is where the user's own kinds are, None where the config names no folder. `pictures_size` is
    the bytes of pictures that are kept at hand.
    """

    kinds: Kinds
    transports: Sequence[Transport]
    store: Store
    labels: Mapping[str, Label] = field(default_factory=dict)
    broker_url: str = ""
    embedded: bool = False
    config: ConfigFile | None = None
    kind_folder: str | None = None
    pictures_size: int = PICTURES_SIZE
