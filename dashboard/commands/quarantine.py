"""`fleetglass quarantine`."""

import argparse
import sys
from dataclasses import asdict

from bridge.errors import UserMistake
from bridge.instance import find_running
from bridge.ports import QuarantineCounts, Sought
from bridge.quarantine import Quarantined, check_reason
from bridge.replay import Replayed, replay
from bridge.settings import Loaded
from bridge.setup import load_kinds, told
from dashboard.commands.ask import ask
from dashboard.commands.parser import Commands, load
from dashboard.commands.stored import file_of, reading, writing
from dashboard.contract import QuarantinePage, moment, quarantined_json
from schemas.catalog import Kinds
from schemas.refusal import shown

LISTED = 100


def add(commands: Commands) -> None:
    """Offer the commands."""
    group = commands.group("quarantine", "Messages that were refused.", data=True)
    parser = group.add("list", listed, data=True)
    parser.add_argument("--reason", metavar="CODE", help="only those refused for this reason")
    parser.add_argument("--search", metavar="TEXT", help="only those with this in topic, detail or payload")
    parser.add_argument("--limit", type=_positive, default=LISTED, metavar="N", help="how many (100)")
    parser.add_argument("--json", action="store_true", help="as the HTTP interface tells them")
    parser = group.add("replay", replayed, data=True)
    parser.add_argument("--dry-run", action="store_true", help="only say what would pass")
    parser.add_argument(
        "--id",
        type=_positive,
        action="append",
        metavar="N",
        help="only this one; may be given more than once",
    )


def listed(options: argparse.Namespace) -> int:
    """The newest refused messages."""
    with reading(load(options)) as store:
        counts = store.quarantine_counts()
        if options.reason is not None:
            _check_reason(options.reason, counts)
        sought = Sought(limit=options.limit + 1, reason=options.reason, text=options.search)
        found = store.quarantined(sought)
    entries, more = found[: options.limit], len(found) > options.limit
    if options.json:
        page = QuarantinePage(
            items=[quarantined_json(entry) for entry in entries], next=str(entries[-1].id) if more else None
        )
        print(page.model_dump_json(indent=2))
        return 0
    for entry in entries:
        print(_line(entry))
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.reasons.items()))
    print(
        f"{len(entries):,} shown of {counts.kept:,} kept{f' ({reasons})' if reasons else ''}", file=sys.stderr
    )
    return 0


def replayed(options: argparse.Namespace) -> int:
    """Try refused messages again with the present kinds; what passes becomes history."""
    loaded = load(options)
    file_of(loaded)
    kinds, broken = load_kinds(loaded)
    for mistake in broken:
        print(f"fleetglass: {told(mistake)}", file=sys.stderr)
    running = find_running(loaded.data_dir)
    if running is not None:
        with_which = "with the kinds that it was started with"
        print(f"asking the Fleetglass that runs (process {running.pid}), {with_which}", file=sys.stderr)
        body = {"dry_run": options.dry_run, "ids": options.id}
        answer = ask(running, "/api/v1/quarantine/replay", body)
        outcome = Replayed(**{name: answer[name] for name in asdict(Replayed())})
    elif options.dry_run:
        with reading(loaded) as store:
            outcome = replay(store, kinds, store.commit, dry_run=True, ids=options.id)
    else:
        outcome = _replay_here(loaded, kinds, options.id)
    _tell(outcome, options)
    return 0


def _replay_here(loaded: Loaded, kinds: Kinds, ids: list[int] | None) -> Replayed:
    with writing(loaded) as store:
        return replay(store, kinds, store.commit, dry_run=False, ids=ids)


def _tell(outcome: Replayed, options: argparse.Namespace) -> None:
    would = "would pass" if options.dry_run else "passed"
    print(f"{outcome.passed:,} of {outcome.tried:,} messages {would}")
    for reason, count in sorted(outcome.still_refused.items()):
        print(f"{count:,} refused still: {reason}")
    if outcome.cut:
        print(f"{outcome.cut:,} not tried, because only the beginning of them is kept")
    asked = len(set(options.id or ()))
    if asked > outcome.tried + outcome.cut:
        raise UserMistake(f"--id: {asked - outcome.tried - outcome.cut:,} of these are not in quarantine")


def _check_reason(reason: str, counts: QuarantineCounts) -> None:
    try:
        check_reason(reason, counts.reasons)
    except ValueError as error:
        raise UserMistake(f"--reason: {error}") from None


def _line(entry: Quarantined) -> str:
    time = moment(entry.time).isoformat(timespec="seconds").replace("+00:00", "Z")
    detail = shown(entry.detail)[1:-1] if not entry.detail.isprintable() else entry.detail
    return f"{entry.id:>8}  {time}  {entry.reason:<18}  {shown(entry.topic)[1:-1]}  {detail}"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number
