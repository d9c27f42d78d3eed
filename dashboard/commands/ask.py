"""Asking the Fleetglass that runs, from another program of the same person."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from bridge.errors import FleetglassError, UserMistake
from bridge.instance import Running

PATIENCE = 3_600.0
"""Seconds to wait for an answer: restoring a large history takes its time."""
TOKEN_HEADER = "X-Fleetglass-Token"  # noqa: S105  (the name of a header, not what stands in it)


def ask(running: Running, path: str, body: Mapping[str, object]) -> dict[str, Any]:
    """POST to it; its answer. Raises `UserMistake` for what it refuses, `FleetglassError` if it fails."""
    if not running.url:
        raise UserMistake(
            f"a bridge without a dashboard (process {running.pid}) has this data folder: replay on the "
            "quarantine page of one of its dashboards; for anything else stop the bridge first"
        )
    request = urllib.request.Request(  # noqa: S310  (its own address, read from a file of ours)
        f"{running.url.rstrip('/')}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", TOKEN_HEADER: running.token},
    )
    # It is on this computer: a proxy is never asked.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    who = f"the Fleetglass that runs (process {running.pid}, {running.url})"
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        with error:
            text = _detail(error.read())
        if error.code >= 500:
            raise FleetglassError(f"{who} failed: {text}") from None
        raise UserMistake(f"{who} refuses: {text}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise FleetglassError(f"{who} does not answer: {reason}") from None


def _detail(body: bytes) -> str:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return "no reason given, see its log"
    return " ".join(str(detail).split())
