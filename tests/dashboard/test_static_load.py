"""What a real browser takes of the dashboard when it comes for the first time, and when it comes back."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.dashboard.browser import Screen, chromium
from tests.dashboard.launched import Product
from tests.servers import send

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIRST, AGAIN = 5_000_000, 50_000
"""Bytes that the first load and the next one may take."""
LATER = 2_000
"""Milliseconds after the first value in which what belongs to a load still comes."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product with a device."""
    folder: Path = tmp_path_factory.mktemp("product")
    (folder / "fleetglass.toml").write_text('[ui]\ntitle = "Smith & \\"Sons\\""\n')
    product = Product(folder)
    try:
        product.start()
        send(product.mqtt_port, "fleet/thermostat/hall/state", b'{"temperature": 21.5}')
        yield product
    finally:
        product.stop()


def shown(screen: Screen) -> Screen:
    """The first value is there, and all that belongs to it."""
    screen.wait_for("Hall", "21.5")
    screen.wait(lambda: screen.veil() == ("nothing", ""), "the veil to go")
    screen.page.wait_for_timeout(LATER)
    return screen


def test_the_first_load_is_small_and_the_next_one_next_to_nothing(product: Product) -> None:
    """Both with the live dashboard shown; nobody else is asked, and no service worker stays behind."""
    sizes: list[int] = []

    def note(event: Mapping[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    with chromium() as browser:
        screen = browser.screen(product)
        session = screen.page.context.new_cdp_session(screen.page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", note)
        shown(screen.open())
        first, sizes[:] = sum(sizes), []
        screen.reload()
        shown(screen)
        assert (True, True) == (1_000_000 < first <= FIRST, 0 < sum(sizes) <= AGAIN), (first, sum(sizes))
        hosts = {urlsplit(url).netloc for url in screen.requested if not url.startswith("blob:")}
        assert {urlsplit(product.url).netloc} == hosts
        workers = "async () => (await navigator.serviceWorker.getRegistrations()).length"
        assert 0 == screen.page.evaluate(workers)


def test_the_dashboard_can_be_installed(product: Product) -> None:
    """Chromium has nothing against it, and takes it under the title of the config."""
    with chromium() as browser:
        screen = browser.screen(product).open()
        session = screen.page.context.new_cdp_session(screen.page)
        manifest = session.send("Page.getAppManifest")
        assert (f"{product.url}/manifest.json", []) == (manifest["url"], manifest["errors"])
        assert 'Smith & "Sons"' == manifest["manifest"]["name"]
        errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # The tests' windows are private ones, in which nothing is ever installed.
        assert {"in-incognito"} >= {error["errorId"] for error in errors}
