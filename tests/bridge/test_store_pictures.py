"""What every store must do with pictures: keep the newest of each metric, within a bound."""

from collections.abc import Iterator

import pytest

from bridge.ports import Batch, Forgotten, Pictured, Store
from schemas.picture import Picture
from tests.stores import NOW, URLS, opened


@pytest.fixture(params=URLS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store of each sort that the package offers."""
    with opened(request.param) as store:
        yield store


def pictured(name: str, size: int, at: float = NOW) -> Pictured:
    """A picture of so many bytes."""
    return Pictured(f"camera.{name}", "image", at, Picture("image/png", 4, 3, bytes(size)))


def test_the_newest_pictures_are_kept(store: Store) -> None:
    """Of each metric the last one, that which came longest ago first."""
    store.commit(Batch(pictures=[pictured("a", 1), pictured("a", 2, NOW + 1)]))
    store.commit(Batch(pictures=[pictured("b", 3, NOW + 2)]))
    store.commit(Batch(pictures=[pictured("a", 4, NOW + 3)]))
    assert [pictured("b", 3, NOW + 2), pictured("a", 4, NOW + 3)] == store.pictures()


def test_a_forgotten_device_has_no_picture(store: Store) -> None:
    """Whether its history is kept or not."""
    store.commit(Batch(pictures=[pictured("a", 1), pictured("b", 1, NOW + 1)]))
    store.commit(Batch(forgotten=[Forgotten("camera.a", NOW + 2)]))
    assert ["camera.b"] == [each.device_id for each in store.pictures()]


@pytest.mark.parametrize("url", URLS)
def test_beyond_the_bound_the_oldest_pictures_go(url: str) -> None:
    """The bytes of all pictures together stay within what is set."""
    with opened(url, pictures_size=10) as store:
        for number, name in enumerate("abc"):
            store.commit(Batch(pictures=[pictured(name, 5, NOW + number)]))
        assert ["camera.b", "camera.c"] == [each.device_id for each in store.pictures()]
