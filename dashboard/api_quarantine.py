"""HTTP for refused messages and their replay, and for the owner's own commands to the store."""

from collections.abc import Sequence
from pathlib import Path
from secrets import compare_digest
from typing import Annotated

from fastapi import APIRouter, Body, Header, HTTPException, Query, Request
from pydantic import BaseModel

from bridge.errors import FleetglassError
from bridge.ports import Sought
from bridge.quarantine import REASONS, check_reason
from dashboard.api_parameters import NO_OTHERS
from dashboard.contract import (
    MOST,
    QuarantineGroups,
    QuarantinePage,
    Replay,
    ReplayResult,
    group_json,
    quarantined_json,
)
from dashboard.gate import refusal
from dashboard.house import House

LIMIT = 500


class Restore(BaseModel):
    """The path of a backup on this computer."""

    file: str


def add_quarantine(router: APIRouter, house: House, origins: Sequence[str]) -> None:
    """Refused messages: to look at, and to try again."""

    def check(reason: str | None) -> None:
        if reason is not None and reason not in REASONS:
            try:
                check_reason(reason, house.quarantine_counts().reasons)
            except ValueError as error:
                raise HTTPException(422, f"reason: {error}") from None

    @router.get(
        "/api/v1/quarantine/groups",
        summary="Refused messages by the sort of topic, the reason and the field",
        dependencies=[NO_OTHERS],
    )
    def groups(
        reason: Annotated[str | None, Query(description="only those refused for this reason")] = None,
    ) -> QuarantineGroups:
        check(reason)
        found = house.quarantine_groups(reason)
        return QuarantineGroups(items=[group_json(group) for group in found.groups], more=found.more)

    @router.get("/api/v1/quarantine", summary="Refused messages, newest first", dependencies=[NO_OTHERS])
    def quarantine(  # noqa: PLR0913, PLR0917 - what may stand in the query
        reason: Annotated[str | None, Query(description="only those refused for this reason")] = None,
        q: Annotated[
            str | None, Query(description="only with this in topic, detail or payload", max_length=200)
        ] = None,
        topic: Annotated[
            str | None, Query(description="only of this topic; a level + is any one", max_length=1_000)
        ] = None,
        field: Annotated[str | None, Query(description="only wrong at this field", max_length=200)] = None,
        cursor: Annotated[int | None, Query(ge=0, le=MOST)] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
    ) -> QuarantinePage:
        check(reason)
        found = house.quarantined(Sought(cursor, limit + 1, reason, q or None, topic or None, field))
        items = [quarantined_json(entry) for entry in found[:limit]]
        return QuarantinePage(items=items, next=str(found[limit - 1].id) if len(found) > limit else None)

    @router.post(
        "/api/v1/quarantine/replay",
        summary="Try refused messages again with the present kinds",
        dependencies=[NO_OTHERS],
    )
    def replay(request: Request, asked: Annotated[Replay | None, Body()] = None) -> ReplayResult:
        why = refusal(request.headers, origins=origins)
        if why is not None:
            raise HTTPException(403, why)
        wanted = asked or Replay()
        outcome = house.replay(dry_run=wanted.dry_run, ids=wanted.ids)
        return ReplayResult(
            tried=outcome.tried,
            passed=outcome.passed,
            still_refused=dict(outcome.still_refused),
            cut=outcome.cut,
        )


def add_restore(router: APIRouter, house: House, token: str | None) -> None:
    """Putting a backup in the place of the store: for whoever can read the note in the data folder."""

    @router.post("/api/v1/store/restore", include_in_schema=False)
    def restore(asked: Restore, x_fleetglass_token: Annotated[str, Header()] = "") -> dict[str, str]:
        given = x_fleetglass_token.encode()
        if token is None or not compare_digest(given, token.encode()):
            raise HTTPException(403, "only the command `fleetglass restore` may do this")
        try:
            house.restore(Path(asked.file))
        except FleetglassError as error:
            raise HTTPException(422, str(error)) from None
        return {"status": "restored"}
