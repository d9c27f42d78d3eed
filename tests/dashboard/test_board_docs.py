"""docs/pages.md says every key of a page, and its examples and those in examples/ are pages."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.simulate import plan
from dashboard.boards import TILES, Boards, Page
from dashboard.boards.reading import read_page
from dashboard.cli import main
from dashboard.commands.run import DEMO_DEVICES
from schemas.catalog import shipped_kinds
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "pages"
DOCS = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
TOML = re.findall(r"```toml\n(.*?)```", DOCS, flags=re.DOTALL)
MODELS: dict[str, type[BaseModel]] = {"## The page": Page} | {
    f"### `{kind}`": model for kind, model in TILES.items()
}


def keys(heading: str) -> dict[str, str]:
    """The default of each key in the table below a heading, by the key."""
    found = re.search(rf"^{re.escape(heading)}.*?\n(.*?)(?=^##|\Z)", DOCS, flags=re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading}"
    rows = [line.strip("|").split(" | ") for line in found[1].splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): cells[2] for cells in rows}


@pytest.mark.parametrize("heading", MODELS, ids=["page", *TILES])
def test_every_key_is_on_the_page(heading: str) -> None:
    """The page and each type of tile have a row for every key, and no other, with its default."""
    expected = {}
    for key, field in MODELS[heading].model_fields.items():
        if key not in {"id", "type"}:
            said = "none" if field.default in (None, ()) else f"`{json.dumps(field.default, default=str)}`"
            expected[key] = "must be given" if field.is_required() else said
    assert expected == keys(heading)


def test_the_examples_of_the_docs_are_pages() -> None:
    """Each of them is read without a mistake."""
    assert [True] * len(TOML) == [isinstance(read_page(text.encode()), Page) for text in TOML]


def test_the_mistakes_of_the_docs_are_ours(tmp_path: Path) -> None:
    """The mistakes that are shown are told in these words."""
    folder = tmp_path / "pages"
    folder.mkdir()
    first = TOML[0].replace('"temperature"\n\n', '"temperature"\nwidth = 13\n\n', 1)
    known, told = Boards(folder), []
    for text in (first, TOML[0].replace("range", "rnage")):
        (folder / "kitchen.toml").write_text(text)
        known.poll()
        told += [board.fault for board in known.pages().values()]
    found = re.search(r"```text\n(.*?)```", DOCS, flags=re.DOTALL)
    assert found
    assert found[1].splitlines() == told


def test_the_examples_show_the_demo() -> None:
    """Each is a page without a mistake, of devices and metrics that the demo has."""
    kinds = {kind.name: kind for kind in shipped_kinds()}
    known = Boards(EXAMPLES)
    assert {file.stem for file in EXAMPLES.iterdir()} == known.poll()
    assert [] == [board.fault for board in known.pages().values() if board.fault]
    demo = {device for _, device in plan(shipped_kinds(), DEMO_DEVICES)}
    for name in known.pages():
        for tile in tomllib.loads((EXAMPLES / f"{name}.toml").read_text())["tiles"]:
            for shown in (tile, *tile.get("series", ())):
                assert shown.get("device", "lamp.hall") in demo
                if "metric" in shown:
                    assert shown["metric"] in kinds[shown["device"].partition(".")[0]].metrics
            assert tile.get("kind", "lamp") in kinds


def test_check_reads_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`fleetglass check` says how many there are and where, tells each mistake, and then ends with 2."""
    monkeypatch.chdir(tmp_path)
    port = str(free_port())
    Path("fleetglass.toml").write_text('[ui]\npages = "mine"\n')
    assert 0 == main(["check", "--mqtt-port", port])
    assert f"pages    none in {tmp_path / 'mine'}\n" in capsys.readouterr().out
    Path("mine").mkdir()
    Path("mine/good.toml").write_text('title = "Good"')
    assert 0 == main(["check", "--mqtt-port", port])
    assert f"pages    1 in {tmp_path / 'mine'}\n" in capsys.readouterr().out
    Path("mine/bad.toml").write_text("title = 1")
    Path("mine/Bad name.toml").write_text("title = 1")
    assert 2 == main(["check", "--mqtt-port", port])
    out = capsys.readouterr().out
    assert "         mine/bad.toml:1: title: expected a text in quotes, got 1\n" in out
    assert "         mine/Bad name.toml: not a page: expected a name of at most 40 of " in out
