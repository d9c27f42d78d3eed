"""`fleetglass history`."""

import argparse
import difflib
import io
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bridge.amounts import moment
from bridge.errors import UserMistake
from bridge.export import Format, format_of, whole_file, write_csv, write_parquet
from bridge.ports import Selection, Store
from dashboard.commands.parser import Commands, load
from dashboard.commands.progress import progress
from dashboard.commands.stored import reading


def add(commands: Commands) -> None:
    """Offer the commands."""
    group = commands.group("history", "What was kept of the devices.", data=True)
    parser = group.add("export", export, data=True)
    parser.add_argument("--output", required=True, metavar="FILE", help="- for CSV on standard output")
    parser.add_argument("--format", choices=("csv", "parquet"), help="by default by the file's suffix")
    parser.add_argument("--device", metavar="ID", help="only this device")
    parser.add_argument("--metric", metavar="NAME", help="only this metric")
    parser.add_argument(
        "--start", metavar="T", help="from then on: 2026-01-31T12:00:00Z, 2026-01-31, or -24h"
    )
    parser.add_argument("--end", metavar="T", help="before then, in the same way")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def export(options: argparse.Namespace) -> int:
    """Readings as a file: time, received_at, device, metric, value, unit."""
    loaded = load(options)
    selection = _selection(options, time.time())
    output = None if options.output == "-" else Path(options.output)
    form: Format = options.format or (format_of(output) if output is not None else "csv")
    if output is None and form == "parquet":
        raise UserMistake("--format parquet: it cannot go to standard output; name a file with --output")
    with reading(loaded) as store, _ending_in_order():
        _check_device(store, options.device)
        if output is None:
            return _to_output(store, selection)
        count = _to_file(store, selection, output, form, replace=options.force)
    print(f"{count:,} readings in {output}", file=sys.stderr)
    return 0


def _to_file(store: Store, selection: Selection, output: Path, form: Format, *, replace: bool) -> int:
    with whole_file(output, replace=replace) as part, _advance(store, selection) as advance:
        if form == "parquet":
            return write_parquet(store.export(selection), part, advance)
        with part.open("w", encoding="utf-8", errors="replace", newline="") as file:
            return write_csv(store.export(selection), file, advance)


def _to_output(store: Store, selection: Selection) -> int:
    with _plain_output() as file, _advance(store, selection) as advance:
        write_csv(store.export(selection), file, advance)
    return 0


@contextmanager
def _plain_output() -> Iterator[TextIO]:
    """Standard output in UTF-8, whatever the terminal's language."""
    sys.stdout.flush()
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
    try:
        yield file
        file.flush()
    finally:
        file.detach()


@contextmanager
def _advance(store: Store, selection: Selection) -> Iterator[Callable[[int], None]]:
    with progress("Exporting readings") as tell:
        if tell is None:
            yield lambda _more: None
            return
        total, done = store.count(selection), 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            tell(done, total)

        yield advance


def _selection(options: argparse.Namespace, now: float) -> Selection:
    moments = []
    for flag in ("start", "end"):
        text = getattr(options, flag)
        try:
            moments.append(None if text is None else moment(text, now))
        except ValueError as error:
            raise UserMistake(f"--{flag} {text}: {error}") from None
    start, end = moments
    if start is not None and end is not None and start >= end:
        raise UserMistake(f"--start {options.start}: expected a time before --end {options.end}")
    return Selection(options.device, options.metric, start, end)


def _check_device(store: Store, device_id: str | None) -> None:
    if device_id is None:
        return
    known = [device.id for device in store.latest()]
    if device_id in known or store.count(Selection(device_id)):
        return
    near = difflib.get_close_matches(device_id, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UserMistake(f"--device {device_id}: nothing was ever heard of a device with this id{hint}")


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does, so that nothing half is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
