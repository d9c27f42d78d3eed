"""Before a command is sent: the question that its kind wants a person to be asked."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dashboard.card import Question, Who
from dashboard.present import DeviceView, MetricView, format_value
from dashboard.reader import Reader
from schemas.message import Value

Act: TypeAlias = Callable[[Who, Mapping[str, Value]], None]


def ask_then_act(who: Who, view: DeviceView, changes: Mapping[str, Value], act: Act) -> None:
    """Command a device; where its kind wants a question to be asked first, only if the person says yes.

    Everything that sends a command for a person goes through here.
    """
    questions = [
        text
        for name, value in changes.items()
        if (text := view.metrics[name].trait.question(value)) is not None
    ]
    if not questions:
        act(who, changes)
        return
    reader = who.reader
    lines = [
        *map(reader.told, questions[1:]),
        *(_line(view, name, changes[name], reader) for name in changes),
    ]
    who.ask(Question(reader.told(questions[0]), lines, reader.say("Send"), lambda: act(who, changes)))


def value_text(metric: MetricView, value: Value, reader: Reader) -> str:
    """A value of a metric with its unit, as this person reads it."""
    text, unit = format_value(value, metric.trait, reader, metric.into), metric.unit
    return f"{text} {unit}" if unit else text


def _line(view: DeviceView, name: str, value: Value, reader: Reader) -> str:
    metric = view.metrics[name]
    return reader.say(
        "{device}: {metric} becomes {value}",
        device=view.title,
        metric=metric.label,
        value=value_text(metric, value, reader),
    )
