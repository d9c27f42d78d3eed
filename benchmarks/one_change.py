"""One device among many changes, and 50 sessions are brought up to date."""

from collections.abc import Iterator

from benchmarks.fleet import OwnTree, fleet
from benchmarks.measure import Row, seconds
from dashboard.scene import Scene

SESSIONS = 50
SIZES = (20, 100, 500)


def rows() -> Iterator[Row]:
    """Milliseconds for all sessions, ours against Flet's diff and encoding in each."""
    for size in SIZES:
        with fleet(size) as devices:
            changed = size // 2
            device_id = devices.device_ids[changed]
            turn = 0

            def speak() -> None:
                nonlocal turn
                turn += 1
                devices.speak(device_id, turn)  # noqa: B023  (called within its own round)

            scene = Scene()
            layout = scene.open(devices.layout())
            marks = [layout.mark] * SESSIONS

            def ours() -> None:
                scene.touch({f"device/{device_id}"})  # noqa: B023
                for session, mark in enumerate(marks):  # noqa: B023
                    assert layout.catch_up(session, mark) is not None  # noqa: B023
                    marks[session] = layout.mark  # noqa: B023

            own = OwnTree(devices.plans())

            def one_card() -> None:
                own.change(changed)  # noqa: B023
                assert len(own.update_card(changed)) > 20  # noqa: B023

            def whole_page() -> None:
                own.change(changed)  # noqa: B023
                assert len(own.update_page()) > 20  # noqa: B023

            took = seconds(ours, prepare=speak)
            card = seconds(one_card, prepare=speak) * SESSIONS
            page = seconds(whole_page, prepare=speak) * SESSIONS
            what = f"one of {size} devices changes, {SESSIONS} sessions"
            yield Row(what, "ms", took * 1e3, card * 1e3, "`card.update()` in each")
            yield Row(what, "ms", took * 1e3, page * 1e3, "`page.update()` in each")
