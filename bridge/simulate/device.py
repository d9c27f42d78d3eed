"""One simulated device: no network, only what it would say next and how it takes commands."""

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from random import Random
from typing import cast

from pydantic import ValidationError

from bridge.simulate.fields import examples, idle, mover_of, rank
from bridge.simulate.motion import Moment, moment_as
from bridge.simulate.plan import place_of
from bridge.simulate.span import WATTS, measure_of
from schemas.command import InvalidCommand, encode_command
from schemas.device import Kind
from schemas.kind import Metric
from schemas.message import Value
from schemas.traits import Event, Numeric, Switch, Text, Timestamp

log = logging.getLogger(__name__)

LONGEST_STEP = 3600.0
LEFT_OUT = 0.02
"""The part of the messages in which an optional field is not there."""
_TRIES = 60


class SimulatedDevice:
    """A device of any kind. The same seed and the same steps give the same messages.

    Its state goes to `topic`, online and offline to `availability`, and it listens to `commands`.
    `name` is what the device calls itself, nothing by default; `place` is chosen if it is not given. Raises
    `ValueError` for an id that is not one of the kind's.
    """

    def __init__(
        self, kind: Kind, device_id: str, seed: int, *, name: str | None = None, place: str | None = None
    ) -> None:
        self.kind = kind
        self.device_id = device_id
        self._placeholders = placeholders = kind.placeholders_of(device_id)
        self.topic = kind.topic.format(placeholders)
        self.availability = kind.availability.format(placeholders) if kind.availability is not None else None
        self.commands = tuple(pattern.format(placeholders) for pattern in kind.commands)
        self._rng = rng = Random(f"{seed}:{device_id}")
        self._labels = {"name": name, "place": place or place_of(kind, device_id)}
        metrics = sorted((m for m in kind.metrics.values() if m.trait.can_be_read), key=rank)
        switched = any(isinstance(metric.trait, Switch) for metric in metrics)
        self._movers = {metric.name: mover_of(metric, rng, switched=switched) for metric in metrics}
        self._metrics = metrics
        self._now: float | None = None
        self._stamp = 0
        self._values: dict[str, Value] = {}
        self._good: dict[str, Value] = {}
        self._complained = False

    @property
    def momentary(self) -> bool:
        """Whether its messages tell of events, so that none of them may be kept by the broker."""
        return any(isinstance(metric.trait, Event) for metric in self._metrics)

    def step(self, now: float) -> bytes | None:
        """The state at `now` in Unix seconds, or None where there is nothing to say."""
        moment = self._move(now)
        left_out = {
            metric.name
            for metric in self._metrics
            if not (metric.required or metric.settable or isinstance(metric.trait, Event))
            and self._rng.random() < LEFT_OUT
        }
        for metric in self._metrics:
            if isinstance(metric.trait, Event) and metric.required and metric.name not in self._values:
                return None
        return self._message(moment, {n: v for n, v in self._values.items() if n not in left_out})

    def pictures(self) -> Sequence[tuple[str, bytes]]:
        """The topics and payloads of the pictures of the last step that go to topics of their own."""
        found = []
        for name, own in self.kind.own_topics:
            picture = self._values.get(name)
            if isinstance(picture, str):
                found.append((own.format(self._placeholders), base64.b64decode(picture)))
        return found

    def command(self, payload: bytes, now: float | None = None) -> bytes | None:
        """The new state, if the payload is a JSON object of fields that may be set to these values.

        None, and nothing is changed, for anything else. Without `now` it happens just after the last step.
        """
        changes = self._changes(payload)
        if not changes:
            return None
        if now is None:
            now = 0.0 if self._now is None else self._now + 0.001
        for name, value in changes.items():
            # What is only pressed moves nothing; that it was done is not told.
            if name in self._movers:
                self._movers[name].put(value, now)
        moment = self._move(now)
        for metric in self._metrics:
            if isinstance(metric.trait, Event) and metric.required:
                self._values.setdefault(metric.name, metric.options[0])
        return self._message(moment, self._values)

    def _move(self, now: float) -> Moment:
        """Move every field, causes first, so that what depends on them sees them as they are now."""
        dt = 0.0 if self._now is None else min(max(now - self._now, 0.0), LONGEST_STEP)
        self._now = now if self._now is None else max(now, self._now)
        moment = Moment(now, dt)
        values: dict[str, Value] = {}
        for metric in self._metrics:
            if rank(metric) > 0 and moment.active:
                moment.active = not idle(self._metrics, values)
            value = self._movers[metric.name].value(moment)
            if value is None:
                continue
            values[metric.name] = value
            if isinstance(metric.trait, Numeric) and not isinstance(value, bool | str):
                measure = measure_of(metric)
                (moment.goals if metric.settable else moment.measures)[measure] = value
                if measure == "power" and not metric.settable:
                    moment.watts = value * WATTS.get(metric.unit, 1.0)
        self._values = values
        return moment

    def _changes(self, payload: bytes) -> dict[str, Value]:
        try:
            content: object = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
        if not isinstance(content, dict):
            return {}
        names = {metric.key: metric.name for metric in self.kind.metrics.values()}
        changes = cast(dict[str, Value], {names.get(key, key): value for key, value in content.items()})
        try:
            encode_command(self.kind, self.device_id, changes)
        except InvalidCommand:
            return {}
        return changes

    def _message(self, moment: Moment, values: Mapping[str, Value]) -> bytes | None:
        apart = dict(self.kind.own_topics)
        content: dict[str, Value] = {
            metric.key: values[name]
            for name, metric in self.kind.metrics.items()
            if name in values and name not in apart
        }
        # In milliseconds, and never the same twice: two messages of a burst are no repetition of one.
        self._stamp = max(round(moment.now * 1000), self._stamp + 1)
        for name, metric in self.kind.about.items():
            if isinstance(metric.trait, Timestamp):
                content[metric.key] = moment_as(self._stamp / 1000, metric.trait.unit)
            elif isinstance(metric.trait, Text) and (label := self._label(name, metric)):
                content[metric.key] = label[: metric.trait.max_length]
        return self._accepted(content, moment)

    def _label(self, name: str, metric: Metric) -> str | None:
        label = self._labels[name]
        return self._placeholders["device"] if label is None and metric.required else label

    def _accepted(self, content: dict[str, Value], moment: Moment) -> bytes | None:
        """The message, mended where the kind has rules of its own that no trait tells of."""
        tried: dict[str, int] = {}
        for _ in range(_TRIES):
            payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
            try:
                self.kind.model.model_validate_json(payload)
            except ValidationError as error:
                keys = {str(mistake["loc"][0]) for mistake in error.errors() if mistake["loc"]}
                if not keys or not all(self._mend(content, key, tried, moment) for key in keys):
                    break
            except Exception:  # noqa: BLE001 - a kind's own validators may raise anything
                break
            else:
                for name, metric in self.kind.metrics.items():
                    if metric.key in content:
                        self._good[name] = content[metric.key]
                return payload
        if not self._complained:
            self._complained = True
            log.warning("no message was found that the kind %s accepts", self.kind.name)
        return None

    def _mend(self, content: dict[str, Value], key: str, tried: dict[str, int], moment: Moment) -> bool:
        metric = self.kind.fields.get(key)
        if metric is None:
            return False
        if not metric.required:
            return content.pop(key, None) is not None
        candidates = examples(metric, moment)
        if metric.name in self._good:
            candidates = [self._good[metric.name], *candidates]
        number = tried.get(key, 0)
        tried[key] = number + 1
        if number >= len(candidates):
            return False
        content[key] = candidates[number]
        return True
