"""The bridge's side of what dashboards ask: taken once, in time, and only by who leads."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from redis.exceptions import ResponseError

from bridge.bus.address import Address, connect, script
from bridge.bus.answers import pack_answer, pack_refusal, unpack_request
from bridge.bus.faults import FAULTS, refused, said
from bridge.bus.lease import Lease
from bridge.errors import BusVersion, FleetglassError
from bridge.service import Bridge

log = logging.getLogger(__name__)

GROUP = "bridge"
CONSUMER = "leader"
WAITING = 200
"""Requests that wait in this process at most; a further one is refused at once."""
REMEMBERED = 2_000
"""Requests of which is known that they were read."""
HANDS = 3
"""Threads for what may take long, so that commands never wait for it."""
ANSWER_KEPT = 60
"""Seconds that an answer waits to be fetched."""

# Taken off the list of what is open and found to be in time, in one step: whoever gets 'ours' carries it out,
# and nobody ever again. Time is that of Redis, whatever clocks the others have.
_CLAIM = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'refused' end
if redis.call('XACK', KEYS[2], ARGV[2], ARGV[3]) == 0 then return 'gone' end
local now = redis.call('TIME')
if now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[4]) then return 'expired' end
return 'ours'
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry of the stream of requests, not looked into yet. `deadline` is Redis's time in milliseconds."""

    id: str
    answer_to: str
    deadline: str
    payload: bytes


def carry_out(bridge: Bridge) -> Mapping[str, Callable[..., object]]:
    """What a dashboard may ask of a bridge, by name."""
    return {
        "command": lambda device_id, changes, by: bridge.command(device_id, changes, by=by),
        "commanded": lambda device_id, limit: bridge.commanded(device_id, limit=limit),
        "heard": lambda device_id, limit: bridge.heard(device_id, limit=limit),
        "history": bridge.history,
        "quarantined": bridge.quarantined,
        "quarantine_groups": bridge.quarantine_groups,
        "quarantine_counts": bridge.quarantine_counts,
        "replay": lambda dry_run, ids: bridge.replay(dry_run=dry_run, ids=ids),
        "facts": bridge.facts,
        "picture": bridge.picture,
        "relabel": lambda device_id, name, place: bridge.relabel(device_id, name=name, place=place),
        "retire": lambda device_id, retired: bridge.retire(device_id, retired=retired),
        "forget": lambda device_id, history, retained: bridge.forget(
            device_id, history=history, retained=retained
        ),
        "topics": lambda prefix, limit: bridge.topics(prefix, limit=limit),
        "topic": bridge.topic,
        "find_topics": bridge.find_topics,
        "publish": lambda topic, payload, by, qos, retain: bridge.publish(
            topic, payload, by=by, qos=qos, retain=retain
        ),
        "samples": bridge.samples,
        "suggestion": bridge.suggestion,
    }


class Desk:
    """Reads what is asked and answers it: commands on one thread, in order, all else on a few others."""

    def __init__(self, address: Address, bridge: Bridge, lease: Lease) -> None:
        self._address = address
        self._lease = lease
        self._methods: Final = carry_out(bridge)
        self._commands: queue.Queue[Asked | None] = queue.Queue(WAITING)
        self._others: queue.Queue[Asked | None] = queue.Queue(WAITING)
        self._seen: dict[str, None] = {}
        self._opened = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, name="bus-requests", daemon=True),
            threading.Thread(target=self._work, args=(self._commands,), name="bus-commands", daemon=True),
            *(
                threading.Thread(
                    target=self._work, args=(self._others,), name=f"bus-answers-{n}", daemon=True
                )
                for n in range(HANDS)
            ),
        ]

    def start(self) -> None:
        """Begin to answer; returns at once. Call once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take nothing more, and finish what is being carried out. Call once."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=3.0)

    def _read(self) -> None:
        client = connect(self._address)
        ready, told = 0, ""
        while not self._stopping.is_set():
            try:
                if not self._lease.epoch:
                    self._stopping.wait(0.1)
                    continue
                if ready != self._lease.epoch:
                    self._open(client)
                    ready = self._lease.epoch
                self._take(client)
            except FAULTS as fault:
                # That it is away the publisher tells; of rights that are missing only here nobody else would.
                level = logging.WARNING if refused(fault) and said(fault) != told else logging.DEBUG
                told = said(fault)
                log.log(level, "bus %s: no requests can be read: %s", self._address, told)
                ready = 0
                client.connection_pool.disconnect()
                self._stopping.wait(0.5)
            except Exception:
                log.exception("our fault: requests from the bus could not be read; trying again")
                self._stopping.wait(1.0)
        client.close()

    def _open(self, client: Redis) -> None:
        """Begin with what nobody has read yet."""
        asked = self._address.key("asked")
        try:
            client.xgroup_create(asked, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        if not self._opened:
            # What a leader of before had read and not begun is never done. What we have read ourselves is.
            client.xgroup_delconsumer(asked, GROUP, CONSUMER)
            self._opened = True

    def _take(self, client: Redis) -> None:
        stream = self._address.key("asked")
        found: Any = client.xreadgroup(GROUP, CONSUMER, {stream: ">"}, count=20, block=500)
        for entry_id, fields in found[0][1] if found else ():
            if {b"to", b"deadline", b"request", b"lane"} - set(fields):
                continue
            asked = Asked(
                entry_id.decode(), fields[b"to"].decode(), fields[b"deadline"].decode(), fields[b"request"]
            )
            if not self._is_new(asked):
                continue
            lane = self._commands if fields[b"lane"] == b"command" else self._others
            try:
                lane.put_nowait(asked)
            except queue.Full:
                busy = FleetglassError("the bridge has too much to do; ask again in a moment")
                self._answer(client, asked, pack_refusal(busy))

    def _is_new(self, asked: Asked) -> bool:
        """Whether it was never read. A Redis that was set back to an earlier save would give it again."""
        if asked.answer_to in self._seen:
            return False
        self._seen[asked.answer_to] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def _work(self, lane: "queue.Queue[Asked | None]") -> None:
        client = connect(self._address)
        while not self._stopping.is_set():
            try:
                asked = lane.get(timeout=0.25)
            except queue.Empty:
                continue
            if asked is None:
                break
            try:
                self._do(client, asked)
            except FAULTS as fault:
                log.warning("bus %s: a request was not answered: %s", self._address, said(fault))
                client.connection_pool.disconnect()
            except Exception:
                log.exception("our fault: a request from the bus could not be answered")
        client.close()

    def _do(self, client: Redis, asked: Asked) -> None:
        keys = [self._lease.key, self._address.key("asked")]
        claim = script(client, _CLAIM)
        word = claim(keys, [self._lease.token, GROUP, asked.id, asked.deadline])
        # A Redis that has lost all it had has lost the lease too, which is taken again in a moment.
        while word == b"refused" and self._lease.epoch and not self._stopping.wait(0.1):
            self._lease.doubt()
            word = claim(keys, [self._lease.token, GROUP, asked.id, asked.deadline])
        if word == b"expired":
            log.warning("bus: a request came too late and is not carried out")
            late = FleetglassError("it was asked too long ago, and was not carried out")
            self._answer(client, asked, pack_refusal(late))
        if word != b"ours":
            return
        try:
            method, arguments = unpack_request(asked.payload)
            answer = pack_answer(method, self._methods[method](*arguments))
        except (FleetglassError, LookupError) as error:
            answer = pack_refusal(error)
            if isinstance(error, BusVersion):
                log.warning("bus: a dashboard asked what cannot be read: %s", error)
        except Exception as error:
            log.exception("our fault: a request from the bus failed")
            answer = pack_refusal(error)
        self._answer(client, asked, answer)

    def _answer(self, client: Redis, asked: Asked, answer: bytes) -> None:
        with client.pipeline(transaction=True) as both:
            both.rpush(asked.answer_to, answer)
            both.expire(asked.answer_to, ANSWER_KEPT)
            both.execute()
