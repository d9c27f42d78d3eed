"""A parameter that a route does not have is refused, wherever a slip would look like an answer."""

from collections.abc import Iterator

import pytest

from tests.dashboard.served import Served, served


@pytest.fixture
def dash() -> Iterator[Served]:
    """A dashboard whose source is up."""
    yield from served()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/v1/devices?limt=5", 'there is no parameter "limt"; known are cursor, limit, retired'),
        (
            "/api/v1/devices?limit=5&kind=plug",
            'there is no parameter "kind"; known are cursor, limit, retired',
        ),
        ("/api/v1/devices/plug.one?limit=5", 'there is no parameter "limit"; there are none here'),
        (
            "/api/v1/devices/plug.one/history?metric=power&stat=-1h",
            'there is no parameter "stat"; known are metric, start, end, points',
        ),
        (
            "/api/v1/quarantine?id=3",
            'there is no parameter "id"; known are reason, q, topic, field, cursor, limit',
        ),
        ("/api/v1/devices?%00=1", 'there is no parameter "\\u0000"; known are cursor, limit, retired'),
    ],
)
def test_an_unknown_parameter_is_told(dash: Served, path: str, told: str) -> None:
    """With those that there are, also where others of the query are right."""
    dash.hear("fleet/plug/one/state", {"on": True})
    assert told == dash.get(path, 422).json()["detail"]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/v1/devices/plug.one/commands", "known are by"),
        ("/api/v1/quarantine/replay", "there are none here"),
    ],
)
def test_nothing_is_done_for_half_a_question(dash: Served, path: str, known: str) -> None:
    """Who believes that his parameter holds it back is told so before anything is sent or replayed."""
    sent: list[str] = []
    dash.source.on_command(lambda topic, _payload: sent.append(topic))
    dash.hear("fleet/plug/one/state", {"on": True})
    detail = dash.post(f"{path}?dry_run=true", {"on": True}, 422).json()["detail"]
    assert (f'there is no parameter "dry_run"; {known}', []) == (detail, sent)


def test_health_is_told_whatever_is_behind_its_address(dash: Served) -> None:
    """Probes and scrapers add what they like."""
    for path in ("/healthz", "/readyz", "/metrics"):
        dash.get(f"{path}?x=1")
