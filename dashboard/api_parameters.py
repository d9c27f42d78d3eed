"""What is asked of the API is understood wholly or refused: a slip must not look like an answer."""

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute

from schemas.refusal import shown


def _known(request: Request) -> None:
    route = request.scope["route"]
    assert isinstance(route, APIRoute)  # noqa: S101  (it depends on this)
    known = [parameter.alias for parameter in route.dependant.query_params]
    for name in request.query_params:
        if name not in known:
            there = f"known are {', '.join(known)}" if known else "there are none here"
            raise HTTPException(422, f"there is no parameter {shown(name)}; {there}")


NO_OTHERS = Depends(_known)
"""Makes a route refuse, with 422, parameters of the query that it does not have."""
