"""Set-up for all tests: what the markers mean, and how hypothesis looks for examples."""

import os
import shutil

import pytest
from hypothesis import settings

IN_CI = os.environ.get("CI") == "true"

# No example is refused for being slow: the machine's load is not what a test is about.
settings.register_profile("fleetglass", settings.get_profile("ci" if IN_CI else "default"), deadline=None)
settings.load_profile("fleetglass")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests: none of them is to be left when all others are done."""
    long = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a browser's test where there is no browser; in CI, where there must be one, it fails."""
    if item.get_closest_marker("browser") is None or shutil.which("chromium") is not None:
        return
    if IN_CI:
        pytest.fail("chromium is not installed", pytrace=False)
    pytest.skip("chromium is not installed")
