"""The newest pictures: what is kept, and what goes when there are too many."""

from bridge.album import Album
from bridge.ports import Pictured
from schemas.picture import Picture


def pictured(device: str, size: int, metric: str = "image", at: float = 1.0) -> Pictured:
    """A picture of so many bytes."""
    return Pictured(device, metric, at, Picture("image/png", 1, 1, bytes(size)))


def test_the_newest_of_each_metric_is_kept() -> None:
    """A later picture takes the place of the earlier one, also in what the bound counts."""
    album = Album(10)
    album.put([pictured("a", 5), pictured("a", 6), pictured("a", 4, "other")])
    assert [pictured("a", 6), pictured("a", 4, "other")] == album.all()
    assert pictured("a", 6).picture == album.get("a", "image")
    assert album.get("b", "image") is None


def test_beyond_the_bound_the_oldest_go() -> None:
    """What came longest ago goes first; what alone is more than the bound is not kept."""
    album = Album(10)
    album.put([pictured("a", 5), pictured("b", 5), pictured("c", 1)])
    assert ["b", "c"] == [each.device_id for each in album.all()]
    album.put([pictured("d", 11)])
    assert [] == album.all()


def test_a_forgotten_device_has_none() -> None:
    """And leaves its room to others."""
    album = Album(10)
    album.put([pictured("a", 5), pictured("b", 5)])
    album.forget("a")
    album.put([pictured("c", 5)])
    assert ["b", "c"] == [each.device_id for each in album.all()]
