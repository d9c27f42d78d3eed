"""A browser opens the overview: its cards are joined from what is there, or built for it."""

from collections.abc import Iterator

from benchmarks.fleet import OwnTree, fleet
from benchmarks.measure import Row, seconds
from dashboard.scene import NOTHING, Scene

SIZES = (20, 500)


def rows() -> Iterator[Row]:
    """Milliseconds for one more session, while one device has just changed."""
    for size in SIZES:
        with fleet(size) as devices:
            scene = Scene()
            layout = scene.open(devices.layout())
            layout.catch_up(1, NOTHING)
            first, turn = devices.device_ids[0], 0

            def change() -> None:
                nonlocal turn
                turn += 1
                devices.speak(first, turn)  # noqa: B023  (called within its own round)
                scene.touch({f"device/{first}"})  # noqa: B023

            def ours() -> None:
                assert layout.catch_up(1, NOTHING) is not None  # noqa: B023

            plans = devices.plans()

            def theirs() -> None:
                assert OwnTree(plans).opened  # noqa: B023

            took = seconds(ours, prepare=change)
            own = seconds(theirs, rounds=5)
            yield Row(f"open a session with {size} devices", "ms", took * 1e3, own * 1e3, "a tree of its own")
