"""Browsers that were away for a while, and what they find when they are back."""

from collections.abc import Iterator

import pytest

from tests.dashboard.browser import chromium
from tests.dashboard.socket_client import Tab
from tests.dashboard.watched import Server, unharmed, watched
from tests.servers import wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all."""
    with watched() as server:
        yield server


def test_a_laptop_that_slept_gets_the_whole_present(server: Server) -> None:
    """Its session is over, it asks for it by the old id, and gets a new one with all that is true now."""
    with unharmed(server) as good:
        laptop = Tab(server.url, "/devices/plug.p3").connect().register().sees(server.say("p3"))
        before = laptop.client.session_id
        laptop.cut()
        good.until(lambda: server.left().sessions == 1, "it to be noticed")
        server.forget_sessions()
        shown = server.say("p3")
        laptop.connect().register().sees(shown)
        assert before != laptop.client.session_id
        with Tab(server.url, "/devices/plug.p3") as fresh:
            fresh.sees(shown)
            laptop.until(lambda: laptop.texts == fresh.texts, "the same screen")
        laptop.sees(server.say("p3"))
        laptop.leave()


def test_a_laptop_that_slept_shortly_gets_its_session_again(server: Server) -> None:
    """Before its session is over it comes back to it, and to the present."""
    with unharmed(server) as good:
        laptop = Tab(server.url).connect().register().sees(server.say())
        before = laptop.client.session_id
        laptop.cut()
        good.until(lambda: server.left().sessions == 1, "it to be noticed")
        laptop.connect().register().sees(server.say())
        assert before == laptop.client.session_id
        laptop.leave()


def test_a_session_is_not_to_be_stolen(server: Server) -> None:
    """Who registers with the id of a session that somebody is connected to gets one of his own."""
    with unharmed(server) as good:
        thief = Tab(server.url).connect(session_id=good.client.session_id).register().sees(server.say())
        assert thief.client.session_id != good.client.session_id
        thief.leave()


@pytest.mark.browser
@pytest.mark.slow
def test_a_real_browser_comes_back_by_itself(server: Server) -> None:
    """A sleeping laptop: no network, its socket ended, its session over. Awake it shows the present."""
    with chromium() as browser:
        screen = browser.screen(server).open()
        screen.wait_for(server.say())
        screen.page.context.set_offline(True)
        server.let_go()
        wait_until(lambda: server.left().sessions == 0, "it to be gone")
        server.forget_sessions()
        shown = server.say()
        screen.page.context.set_offline(False)
        screen.wait_for(shown)
        screen.wait_for(server.say())
        assert 1 == server.left().sessions
