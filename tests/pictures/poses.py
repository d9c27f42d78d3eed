"""Which pages and states of them are pictured, before which fleet."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from dashboard.views import pages
from tests.dashboard.staged import Staged
from tests.pictures import fleets

Scene: TypeAlias = Callable[[Path], AbstractContextManager[Staged]]
"""Brings a fleet up; given an empty folder for people's pages."""
LOOKS = ("desktop", "phone")
WHOLE = (*LOOKS, "tablet")


@dataclass(frozen=True, slots=True)
class Pose:
    """One state of a page. `acts` are keys (`?`) and labels of buttons, in English, pressed one by one.

    `says` is what the bridge says of itself, beside what is true.
    """

    name: str
    route: str
    acts: Sequence[str] = ()
    says: Mapping[str, object] = field(default_factory=dict)
    sizes: Sequence[str] = LOOKS
    cut: bool = False
    """Whether the connection is then lost."""

    @property
    def lasts(self) -> bool:
        """Whether it is still seen when one goes on, as an open dialog is."""
        return self.cut or bool(self.acts)


SCENES: Mapping[str, Scene] = {
    "empty": fleets.empty,
    "five": fleets.five,
    "home": fleets.home,
    "many": fleets.many,
    "trouble": fleets.trouble,
    "restored": fleets.restored,
}
PLACEHOLDERS: Mapping[str, Mapping[str, Sequence[tuple[str, str]]]] = {
    "/devices/{id}": {
        "empty": (("device", "/devices/lamp.nobody"),),
        "five": (("device-lamp", "/devices/lamp.hall"),),
        "home": tuple(
            (f"device-{kind}", f"/devices/{kind}.{device}") for kind, device, _ in fleets.HOUSEHOLD
        ),
        "many": (("device-machine", "/devices/machine.machine_8"),),
        "trouble": (
            ("device-warns", "/devices/thermostat.greenhouse"),
            ("device-offline", "/devices/plug.freezer"),
            ("device-fault", "/devices/machine.saw"),
        ),
        "restored": (("device", "/devices/tank.rainwater"),),
    },
    "/pages/{name}": {
        "empty": (("page-none", "/pages/nowhere"),),
        "home": (("page", "/pages/home"), ("page-watch", "/pages/watch")),
        "many": (("page", "/pages/home"),),
        "trouble": (("page-broken", "/pages/broken"),),
    },
}
"""For a route that names something, what is named in each scene: a picture's name and the route."""
MORE: Mapping[str, Sequence[Pose]] = {
    "empty": (Pose("preferences", "/", ("Preferences",)), Pose("not-found", "/nowhere")),
    "five": (Pose("keys", "/", ("?",)), Pose("lost", "/", cut=True)),
    "home": (
        Pose("page-arranged", "/pages/home?edit", sizes=WHOLE),
        Pose("page-add", "/pages/home?edit", ("Add",)),
        Pose("page-wall", "/pages/home?kiosk", sizes=("wall", "phone")),
        Pose("overview-wall", "/?kiosk", sizes=("wall",)),
        Pose("device-open", "/devices/thermostat.living_room?range=7d&open=said,kind"),
        Pose("device-name", "/devices/thermostat.living_room", ("More about this device", "Name and place…")),
        Pose("topics-publish", "/topics", ("Publish",)),
    ),
    "many": (
        Pose("overview-filtered", "/?kind=lamp&place=Roof"),
        Pose("overview-no-hit", "/?q=attic"),
        Pose("overview-small", "/?size=compact", sizes=WHOLE),
        Pose("overview-grouped", "/?group=place"),
        Pose("topics-inside", "/topics?at=fleet/lamp"),
        Pose("topics-search", "/topics?q=lamp_1"),
    ),
    "trouble": (
        Pose("quarantine-filtered", "/quarantine?reason=wrong_type&q=kitchen"),
        Pose("quarantine-no-hit", "/quarantine?q=attic"),
        Pose("quarantine-group", "/quarantine?topic=fleet/lamp/%2B/state&reason=invalid_json&field="),
        Pose("quarantine-question", "/quarantine", ("Try again",)),
        Pose("notice-broker", "/", says={"broker_up": False, "broker_detail": "connection refused"}),
        Pose(
            "system-broker", "/system",
            says={"broker_up": False, "broker_detail": "connection refused"},
        ),
        Pose("notice-store", "/", says={"store_fault": "database or disk is full"}),
        Pose("notice-behind", "/", says={"waiting": 12_345, "lag": 4.0, "paused": True}),
        Pose("system-embedded", "/system", says={"embedded": True}),
    ),
}  # fmt: skip


DOCS: Mapping[str, str] = {
    "overview": "home-overview-desktop-en-light",
    "device": "home-device-thermostat-desktop-en-light",
    "page": "home-page-desktop-en-light",
    "page-arranged": "home-page-arranged-desktop-en-light",
    "page-wall": "home-page-wall-wall-en-dark",
    "quarantine": "trouble-quarantine-desktop-en-light",
}
"""What the documents show, by file name."""
PHONES = (
    "home-overview-phone-en-light",
    "home-device-thermostat-phone-en-dark",
    "trouble-quarantine-phone-en-light",
)
"""What they show side by side."""


def poses(scene: str) -> Sequence[Pose]:
    """What is pictured there: every page that the dashboard has, and more states of some."""
    found: list[Pose] = []
    for page in pages():
        if "{" not in page.route:
            name = page.route.strip("/").replace("/", "-") or "overview"
            found.append(Pose(name, page.route, sizes=WHOLE if scene != "restored" else LOOKS))
            continue
        # A page that is new here has a key missing, which is told by name.
        found += [Pose(name, route) for name, route in PLACEHOLDERS[page.route].get(scene, ())]
    return [*found, *MORE.get(scene, ())]
