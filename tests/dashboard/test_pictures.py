"""What `make pictures` takes pictures of."""

from pathlib import Path

from dashboard.views import pages
from tests.pictures.camera import SCHEMES, Camera
from tests.pictures.poses import DOCS, PHONES, SCENES, poses


def test_every_page_is_pictured_before_every_fleet() -> None:
    """A page that is new is among them, and each that names something somewhere; no name is there twice."""
    plain = {page.route for page in pages() if "{" not in page.route}
    for scene in SCENES:
        found = poses(scene)
        names = [pose.name for pose in found]
        assert sorted(set(names)) == sorted(names)
        assert plain <= {pose.route for pose in found}


def test_the_documents_show_pictures_that_are_taken() -> None:
    """Each by the name of its file; who wants only some gets those, dialogs last."""
    shown = {*DOCS.values(), *PHONES}
    taken = [
        shot for scene in SCENES for shot in Camera(Path(), shown.__contains__).shots(scene, poses(scene))
    ]
    assert shown == {shot.name(scheme) for shot in taken for scheme in SCHEMES} & shown
    assert len(shown) == len(taken)
    everything = Camera(Path(), lambda _name: True).shots("home", poses("home"))
    for window in {shot.window for shot in everything}:
        lasting = [shot.pose.lasts for shot in everything if shot.window == window]
        assert sorted(lasting) == lasting
