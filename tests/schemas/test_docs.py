"""The page for authors of kinds says what is true."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from schemas import Device, Trait, Was, decode, load_folder, shipped_kinds
from schemas.message import RawMessage, Readings, Rejected
from tests.schemas.sound import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-device.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (kinds/\S+\.py)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_examples_of_the_page_work(tmp_path: Path) -> None:
    """Every example of the page is a file that loads, and the messages beside it come in."""
    for name, text in BLOCKS:
        (tmp_path / Path(name).name).write_text(text, encoding="utf-8")
    kinds = shipped_kinds()
    before = len(kinds)
    assert [] == load_folder(kinds, tmp_path)
    assert len(kinds) > before
    messages = re.findall(r"^\S*fleetglass publish (\S+) '(.*?)'", PAGE, flags=re.MULTILINE)
    outcomes = [decode(RawMessage(topic, payload.encode(), 1.8e9), kinds) for topic, payload in messages]
    assert [Readings, Rejected] == [
        type(outcome) for outcome in outcomes if type(outcome) in (Readings, Rejected)
    ]


def test_every_kind_is_on_the_page() -> None:
    """The page names every shipped kind with all its fields and the unit of each."""
    rows = {row.split("|")[1].strip(): row for row in PAGE.splitlines() if row.startswith("| `")}
    for kind in shipped_kinds():
        row = rows[f"`{kind.name}`"]
        absent = [name for name in kind.metrics if f"`{name}`" not in row]
        assert [] == absent
        assert [] == [metric.unit for metric in kind.metrics.values() if metric.unit not in row]


def test_what_all_traits_take_is_on_the_page() -> None:
    """The page names the arguments that every trait has, and those of `Was`."""
    names = [field.name for field in (*fields(Trait), *fields(Was))]
    assert [] == [name for name in names if f"`{name}`" not in PAGE]


def test_what_every_message_may_say_is_on_the_page() -> None:
    """The page names the fields of the base model."""
    assert [] == [name for name in Device.model_fields if f"`{name}`" not in PAGE]


OURS = [trait for trait in Trait.__subclasses__() if trait.__module__.startswith("schemas.")]
"""Tests declare some of their own."""


@pytest.mark.parametrize("trait", OURS, ids=lambda trait: trait.__name__)
def test_every_trait_is_on_the_page(trait: type[Trait]) -> None:
    """The page names every trait with all its own arguments."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{trait.__name__}`"))
    common = {field.name for field in fields(Trait)}
    own = [field.name for field in fields(trait) if field.name not in common]
    assert [] == [name for name in own if f"`{name}" not in row]


def test_every_code_is_on_the_page() -> None:
    """The page explains every code that a message can be refused with."""
    assert [] == [code for code in sorted(CODES) if f"`{code}`" not in PAGE]
