"""`fleetglass publish`."""

import argparse

from bridge.setup import broker_address, password, tls
from dashboard.commands.parser import Commands, add_broker, load


def add(commands: Commands) -> None:
    """Offer the command."""
    parser = commands.add("publish", publish)
    add_broker(parser)
    parser.add_argument("topic", metavar="TOPIC")
    parser.add_argument("payload", metavar="PAYLOAD")
    parser.add_argument("--retain", action="store_true", help="the broker keeps it for who comes later")
    parser.add_argument("--qos", type=int, choices=(0, 1, 2), default=0)


def publish(options: argparse.Namespace) -> int:
    """What mosquitto_pub does, for who has none."""
    from bridge.transports.publish import publish_once

    loaded = load(options)
    publish_once(
        broker_address(loaded),
        options.topic,
        options.payload.encode("utf-8", "surrogateescape"),
        qos=options.qos,
        retain=options.retain,
        username=loaded.settings.broker.username,
        password=password(loaded),
        tls=tls(loaded),
    )
    return 0
