"""The fuzzers run on what they start from."""

import pytest

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """No seed of a target breaks a promise, and each of the inputs that were found once."""
    target = TARGETS[name]
    assert [None] * len(target.seeds) == [target.run(seed) for seed in target.seeds]
