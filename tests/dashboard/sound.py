"""A product that several journeys share, and that must be sound when they are over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dashboard.launched import Product


@contextmanager
def sound(folder: Path) -> Iterator[Product]:
    """A running product, which must stop as it should and have nothing of its own to regret."""
    product = Product(folder)
    try:
        product.start()
        yield product
        assert product.stop() == 0, product.log
        assert "Traceback" not in product.log, product.log
    finally:
        product.stop()
