"""`fleetglass dashboard`: what people see, of a bridge in another process."""

import contextlib
import signal

from bridge.bus.follower import Follower
from bridge.settings import Loaded
from bridge.setup import kinds_of
from dashboard.app import build
from dashboard.boards import boards_of
from dashboard.bus import bus_of, tell
from dashboard.remote import RemoteHouse
from dashboard.serve import check_host, listen, serve, url_of, web_options


def run(loaded: Loaded, *, insecure: bool = False) -> int:
    """Serve until SIGINT or SIGTERM, whether the bridge is there or not. Raises `UserMistake`."""
    web = loaded.settings.web
    address = bus_of(loaded, "dashboard")
    check_host(loaded, insecure=insecure)
    # Until the server takes the signals itself, SIGTERM ends us as Ctrl-C does: in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    house = RemoteHouse(kinds_of(loaded), Follower(address), boards_of(loaded))
    with contextlib.closing(listen(web.host, web.port)) as listener:
        title, url = loaded.settings.ui.title, url_of(loaded, listener)
        tell(f"{title} is running. Stop it with Ctrl-C.\n\n  Dashboard  {url}\n  Bus        {address}\n")
        serve(build(house, web_options(loaded)), listener, loaded)
    return 0
