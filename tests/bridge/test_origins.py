"""`[web] origins`: what a browser can send as the origin of a page, and nothing else."""

from pathlib import Path

import pytest

from bridge.errors import SettingsError
from bridge.settings import Loaded, load_settings

AN_ORIGIN = (
    "expected a scheme, a host and maybe a port, such as https://fleet.example.org or http://10.0.0.5:8550, "
    "without a path or *"
)
NO_ORIGINS = (
    "*", "", "https://*.example.org", "https://localhost:8443/x", "localhost:8443", "fleet.example.org",
    "ftp://fleet.example.org", "https://", "https://a:0", "https://a:65536", "https://a:", "https://u:p@a",
    "https://a?b", "https://a#b", "https://[::1", "https://b\u00fccher.example", "https://a b", "null",
)  # fmt: skip


def load(folder: Path, text: str) -> Loaded:
    """The settings of a config with this text."""
    (folder / "fleetglass.toml").write_text(text, encoding="utf-8")
    return load_settings(folder=folder)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://fleet.example.org", "https://fleet.example.org"),
        ("HTTPS://Fleet.Example.org:443/", "https://fleet.example.org"),
        ("http://10.0.0.5:80", "http://10.0.0.5"),
        ("http://10.0.0.5:443", "http://10.0.0.5:443"),
        ("http://[::1]:8550", "http://[::1]:8550"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(tmp_path: Path, written: str, expected: str) -> None:
    """However it is written: small, without a slash at its end and the port that everybody takes."""
    assert [expected] == load(tmp_path, f"[web]\norigins = ['{written}']").settings.web.origins


@pytest.mark.parametrize("written", NO_ORIGINS)
def test_what_is_no_origin_is_a_mistake(tmp_path: Path, written: str) -> None:
    """What no browser could send as its origin, and would so let nobody in, is told in one line."""
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, f"[web]\norigins = ['https://good.example', '{written}']")
    file = tmp_path / "fleetglass.toml"
    assert f'{file}: [web] origins, item 2: {AN_ORIGIN}, got "{written}"' == str(refused.value)
