"""What several tests of the dashboard ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboard.product import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """The product, ready."""
    product = Running(tmp_path)
    try:
        product.wait()
        yield product
    finally:
        if product.process.poll() is None:
            product.process.kill()
            product.process.communicate()
