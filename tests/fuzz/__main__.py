"""Fuzz by hand: `python -m tests.fuzz decode --seconds 60`. Guided by coverage where atheris is installed.

Ends with the input that broke a promise, and exit code 1, or with none.
"""

import argparse
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LONGEST = 8_192
"""Bytes of an input."""
_ROUND = 2_000


def main() -> None:
    """Read the command line and fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=("decode", "topics", "config"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps interesting inputs (with atheris)")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.stdout.write("atheris is not installed, so hypothesis looks for inputs, without coverage\n")
        _with_hypothesis(options.target, options.seconds)
        return
    with tempfile.TemporaryDirectory() as folder:
        _with_atheris(options.target, options.seconds, options.corpus or Path(folder))


def _with_atheris(name: str, seconds: int, corpus: Path) -> None:
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["schemas", "bridge", "tests", "tomllib", "urllib"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-timeout=60",
        f"-artifact_prefix={corpus}/",
    ]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], _telling(target.run))
    atheris.Fuzz()


def _with_hypothesis(name: str, seconds: int) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    dice = st.integers(0, 2**32).map(random.Random)
    inputs = st.one_of(
        st.binary(max_size=400),
        st.builds(_spliced, st.sampled_from(target.seeds), st.sampled_from(target.seeds), dice),
    )
    quiet = settings(
        max_examples=_ROUND,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    until = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < until:
        seed(rounds)(quiet(given(inputs)(_telling(target.run))))()
        rounds += 1
    sys.stdout.write(f"{rounds * _ROUND} inputs, nothing found\n")


def _spliced(first: bytes, second: bytes, dice: random.Random) -> bytes:
    """A mixture of two inputs with a few bytes changed."""
    data = bytearray(first[: dice.randint(0, len(first))] + second[dice.randint(0, len(second)) :])
    for _ in range(dice.randint(0, 8)):
        at = dice.randint(0, len(data))
        data[at : at + dice.randint(0, 3)] = dice.choice(_PIECES)
    return bytes(data)


_PIECES: Sequence[bytes] = (
    *(bytes([byte]) for byte in range(256)),
    b"", b'"', b":", b",", b'":', b"{", b"}", b"[", b"]", b"\\u0000", b"\\ud800", b"null", b"NaN", b"1e999",
    b"9223372036854775808", b"/", b"{device}", b"+", b"#", b"\n", b"\xed\xa0\x80", b"\xe2\x80\xae", b"= [",
)  # fmt: skip


def _telling(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def told(data: bytes) -> None:
        try:
            run(data)
        except BaseException:
            sys.stderr.write(f"this input fails: {data!r}\n")
            raise

    return told


if __name__ == "__main__":
    main()
