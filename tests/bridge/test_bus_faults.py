"""A Redis that refuses us, or is not to be trusted: said in one line with how to mend it, and healed."""

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotReached

from bridge.bus.address import Address, connect, parse
from bridge.bus.faults import FAULTS, RIGHTS, refused, said, trouble
from bridge.errors import BusAway, SettingsError
from tests.bridge import bus_world
from tests.bridge.bus_world import Speaker, following, heals, shows, speaking, until
from tests.servers import RedisServer, certificates, redis_server, wait_until

server, client = bus_world.server, bus_world.client
OF_PASSWORD = "the bus refuses us: it does not take the user and password of [bus] url"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority's certificate, and one for Redis that it made."""
    folder = tmp_path_factory.mktemp("authority")
    certificates(folder)
    return folder


@pytest.fixture
def secure(authority: Path) -> Iterator[RedisServer]:
    """A Redis that speaks TLS alone."""
    with redis_server(tls=authority) as running:
        yield running


def fault_of(address: Address) -> BaseException:
    """What comes of asking it something."""
    with connect(address) as asked, pytest.raises(FAULTS) as refusal:
        asked.ping()
    return refusal.value


# TLS.


def test_all_goes_over_tls(secure: RedisServer) -> None:
    """Values, and what is asked, with a certificate of one's own authority."""
    address = parse(secure.url)
    with speaking(address) as speaker, following(address) as follower:
        heals(follower)
        speaker.say("a", 20.5)
        shows(follower, "a", 20.5)
        wait_until(lambda: speaker.bridge.facts().readings == 1, "the commit")
        assert speaker.bridge.facts() == follower.asker.facts()


def test_a_certificate_of_an_unknown_authority_is_refused(secure: RedisServer) -> None:
    """A dashboard sends it nothing, and says how the authority is named."""
    address = parse(secure.url.partition("?")[0])
    with following(address) as follower:
        until(follower, lambda f: "certificate" in f.link.detail, "it to be told")
        assert (
            "the bus refuses us: its certificate is not trusted (self-signed certificate in certificate "
            "chain); if it is of an authority of your own, name that in [bus] url: "
            "?ssl_ca_certs=/etc/ssl/ours.crt"
        ) == follower.link.detail
        assert not follower.link.up


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    """Even if its authority is trusted; it is said what the URL has to name."""
    certificates(tmp_path, names="DNS:elsewhere")
    with redis_server(tls=tmp_path) as running:
        fault = fault_of(parse(running.url))
    assert "mismatch" in said(fault)
    assert said(fault).endswith("in [bus] url name the host as its certificate does")
    assert refused(fault)


def test_a_certificate_that_has_expired_is_refused(tmp_path: Path) -> None:
    """And it is said that another one is needed."""
    certificates(tmp_path, days=-1)
    with redis_server(tls=tmp_path) as running:
        fault = fault_of(parse(running.url))
    expected = "its certificate is not trusted (certificate has expired); give Redis one that is valid now"
    assert expected == said(fault)


def test_tls_where_there_is_none_is_told(
    server: RedisServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be frozen as well, so it counts as away; what else it may be is said."""
    monkeypatch.setattr("bridge.bus.address.ANSWERS_WITHIN", 0.3)
    fault = fault_of(parse(f"rediss://127.0.0.1:{server.port}?ssl_ca_certs={authority / 'ca.crt'}"))
    assert (
        "the bus is away: it does not answer over TLS; give its TLS port, or say redis:// in [bus] url"
        == (trouble(fault))
    )


def test_an_authority_is_named_by_a_file_with_certificates(authority: Path, tmp_path: Path) -> None:
    """With other parameters or without; a mistake is one line that says what was expected."""
    file = str(authority / "ca.crt")
    expected = Address("here", tls=True, name="a", ca_file=file)
    assert expected == parse(f"rediss://here?name=a&ssl_ca_certs={file}")
    (tmp_path / "none.crt").write_text("nothing")
    for url, told in (
        (
            f"redis://here?ssl_ca_certs={file}",
            "ssl_ca_certs: expected only with rediss://, which is over TLS",
        ),
        (
            "rediss://here?ssl_ca_certs=ca.crt",
            'expected the whole path of a file, such as /etc/ssl/ours.crt, got "ca',
        ),
        (f"rediss://here?ssl_ca_certs={tmp_path}/x.crt", f"{tmp_path}/x.crt: No such file or directory"),
        (f"rediss://here?ssl_ca_certs={tmp_path}/none.crt", "none.crt holds no certificate in PEM"),
    ):
        with pytest.raises(SettingsError) as error:
            parse(url)
        assert told in str(error.value)
        assert "\n" not in str(error.value)


# Passwords and rights.


def test_a_wrong_password_is_told_and_heals_when_it_is_right(
    server: RedisServer, client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Bridge and dashboard go on and say what is wrong, once; as soon as Redis takes it they are live."""
    client.execute_command(
        "ACL", "SETUSER", "house", "on", ">right", *RIGHTS.format(name="fleetglass").split()
    )
    address = parse(f"redis://house:wrong@127.0.0.1:{server.port}")
    speaker = Speaker(address)
    with caplog.at_level(logging.WARNING), following(address) as follower:
        speaker.start()
        try:
            speaker.say("a", 10.0)
            until(follower, lambda f: f.link.detail.startswith(OF_PASSWORD), "it to be told")
            assert (False, False) == (follower.link.up, follower.link.bridge_up)
            assert speaker.lease.refusal.startswith("it does not take the user and password")
            with pytest.raises(BusAway, match="refuses us"):
                follower.asker.facts()
            # Tried again meanwhile, and not told again.
            wait_until(lambda: len(refusals(client)) > 0, "Redis to have refused")
            client.execute_command("ACL", "SETUSER", "house", ">wrong")
            shows(follower, "a", 10.0)
            heals(follower)
            wait_until(lambda: speaker.bridge.facts().readings > 0, "the commit")
            assert speaker.bridge.facts() == follower.asker.facts()
        finally:
            speaker.stop()
    told = [line for line in caplog.messages if "user and password" in line]
    assert len(told) == len(set(told)) == 2, told
    assert not [line for line in caplog.messages if "wrong" in line]


def refusals(client: Redis) -> list[object]:
    """What Redis noted of those it refused."""
    found: list[object] = client.acl_log()
    return found


@pytest.mark.parametrize(
    ("redis", "url", "told"),
    [
        (
            "secret",
            "redis://",
            "it asks for a password and [bus] url has none; redis://:password@host gives one",
        ),
        (
            "secret",
            "redis://:no@",
            "it does not take the user and password of [bus] url; put right ones there, ",
        ),
        (
            "",
            "redis://:no@",
            "it asks for no password and [bus] url has one; take it out there, or set it in Redis",
        ),
    ],
)
def test_each_password_that_is_wrong_is_told_apart(
    server: RedisServer, client: Redis, redis: str, url: str, told: str
) -> None:
    """None where one is asked for, another one, and one where none is asked for."""
    client.config_set("requirepass", redis)
    fault = fault_of(parse(f"{url}127.0.0.1:{server.port}"))
    assert refused(fault)
    assert said(fault).startswith(told)


def test_rights_that_are_missing_are_told(server: RedisServer, client: Redis) -> None:
    """With what Redis says is missing, and where it is written which they are."""
    client.execute_command("ACL", "SETUSER", "few", "on", ">pw", "~fleetglass:*", "+@read")
    with following(parse(f"redis://few:pw@127.0.0.1:{server.port}")) as follower:
        until(follower, lambda f: "may not do" in f.link.detail, "it to be told")
        assert (
            "the bus refuses us: the user of [bus] url may not do what it takes (this user has no "
            "permissions to run the 'multi' command); give it the rights that are in docs/scaling.md"
        ) == follower.link.detail


def test_rights_that_a_script_lacks_are_told(server: RedisServer, client: Redis) -> None:
    """A bridge that may run scripts and whose scripts may write nothing is refused too."""
    client.execute_command("ACL", "SETUSER", "few", "on", ">pw", "~fleetglass:*", "+@all", "-set")
    with connect(parse(f"redis://few:pw@127.0.0.1:{server.port}")) as asked, pytest.raises(FAULTS) as fault:
        asked.eval("redis.call('SET', KEYS[1], '1')", 1, "fleetglass:x")
    assert refused(fault.value)
    assert "may not do what it takes" in said(fault.value)


def test_a_bridge_that_may_not_read_what_is_asked_says_so(
    server: RedisServer, client: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Its dashboards show everything and wait for answers in vain; nobody but its log would know why."""
    rights = RIGHTS.format(name="fleetglass").split()
    client.execute_command("ACL", "SETUSER", "few", "on", ">pw", *rights, "-xreadgroup")
    with caplog.at_level(logging.WARNING), speaking(parse(f"redis://few:pw@127.0.0.1:{server.port}")):
        wait_until(lambda: "no requests can be read" in caplog.text, "it to be told")
    assert "run the 'xreadgroup' command" in caplog.text


def test_the_rights_are_in_the_docs() -> None:
    """The user that the page about scaling makes has those which the tests here get along with."""
    page = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
    assert f"ACL SETUSER fleetglass on >a-long-password {RIGHTS.format(name='fleetglass')}" in page


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (
            NotReached("Error 111 connecting to here:6379. Connection refused."),
            "nothing listens at here:6379",
        ),
        (NotReached("Error 113 connecting to here:1. No route to host."), "here:1: No route to host"),
        (
            NotReached("Error -2 connecting to a:1. Name or service not known."),
            "a:1: Name or service not known",
        ),
        (OSError("x"), "x"),
        (ssl.SSLError("y"), "('y',)"),
    ],
)
def test_what_may_pass_by_itself_is_away(fault: Exception, why: str) -> None:
    """It is not there, or the way to it is broken: nothing is said of mending."""
    assert not refused(fault)
    assert f"the bus is away: {why}" == trouble(fault)


def test_what_redis_says_is_one_short_line() -> None:
    """However long it is and over however many lines; an error without words is named."""
    assert ("a b", 200, "TimeoutError") == (
        said(OSError("a\n b")),
        len(said(OSError("x" * 999))),
        said(TimeoutError()),
    )
