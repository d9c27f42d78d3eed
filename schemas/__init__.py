"""Fleetglass schemas: what is true of devices and messages.

A device kind is one subclass of `Device` with typed fields:

    class Thermostat(Device, topic="fleet/thermostat/{device}/state"):
        temperature: Annotated[float, Numeric(unit="°C", low=5, high=35, precision=1)]
"""

from schemas.button import Button
from schemas.catalog import Broken, Claim, Kinds, load_folder, shipped_kinds
from schemas.command import InvalidCommand, encode_command
from schemas.decode import decode
from schemas.device import Device, Kind, KindError, Metric, kind_of
from schemas.history import history_sources
from schemas.image import Image
from schemas.topics import TopicPattern, quote_topic, unquote_topic
from schemas.traits import (
    Binary,
    Choice,
    Color,
    Counter,
    Event,
    Location,
    Numeric,
    Switch,
    Text,
    Timestamp,
    Trait,
    Was,
)

__all__ = [
    "Binary",
    "Broken",
    "Button",
    "Choice",
    "Claim",
    "Color",
    "Counter",
    "Device",
    "Event",
    "Image",
    "InvalidCommand",
    "Kind",
    "KindError",
    "Kinds",
    "Location",
    "Metric",
    "Numeric",
    "Switch",
    "Text",
    "Timestamp",
    "TopicPattern",
    "Trait",
    "Was",
    "decode",
    "encode_command",
    "history_sources",
    "kind_of",
    "load_folder",
    "quote_topic",
    "shipped_kinds",
    "unquote_topic",
]
