"""A device that is looked at again and again is shown as if it were looked at once."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bridge.labels import Label
from bridge.state import DeviceState, MetricState
from dashboard.course import Trend
from dashboard.present import DeviceView, MetricView
from dashboard.reader import Reader
from dashboard.sight import Sight, device_view
from tests.dashboard.test_present import DEVICES, KINDS, TEXT

LABELS = st.builds(Label, name=st.none() | TEXT, place=st.none() | TEXT, retired=st.booleans())
READERS = st.sampled_from([Reader(), Reader("zh", "imperial")])


@st.composite
def looks(draw: st.DrawFn) -> Sequence[tuple[DeviceState, Label, float]]:
    """One device through a few states, labels and times, some of them again."""
    kind = draw(st.sampled_from(["unclaimed", "thermostat", "machine", "plug", "button"]))
    states = draw(
        st.lists(DEVICES.map(lambda device: device._replace(id="a.b", kind=kind)), min_size=1, max_size=3)
    )
    labels = draw(st.lists(LABELS, min_size=1, max_size=2))
    which = st.tuples(
        st.sampled_from(states), st.sampled_from(labels), st.sampled_from([0.0, 3.0, 70.0, 1e9])
    )
    return draw(st.lists(which, min_size=1, max_size=6))


def plain(view: DeviceView) -> DeviceView:
    """Without what only says whether something is as before."""
    return view._replace(
        lasting=None, metrics={name: metric._replace(lasting=None) for name, metric in view.metrics.items()}
    )


def steady(metric: MetricView) -> MetricView:
    """All of a metric that `lasting` speaks of."""
    return metric._replace(text="", value=None, age="", lasting=None)


@given(READERS, looks())
def test_looked_at_again_it_is_what_it_is_at_once(
    reader: Reader, seen: Sequence[tuple[DeviceState, Label, float]]
) -> None:
    """Whatever came before; and what is called lasting is the same as long as it is called the same."""
    sight = Sight(reader)
    before: DeviceView | None = None
    for device, label, now in seen:
        kind = KINDS.get(device.kind)
        view = sight.look(device, kind, label, now)
        assert plain(device_view(device, kind, label, now, reader)) == plain(view)
        if before is not None:
            if view.lasting is before.lasting is not None:
                assert before._replace(metrics={}, device=device) == view._replace(metrics={}, device=device)
            for name in view.metrics.keys() & before.metrics.keys():
                one, other = before.metrics[name], view.metrics[name]
                if one.lasting is other.lasting is not None:
                    assert steady(one) == steady(other)
        before = view


def test_a_value_leaves_the_rest_as_it_is() -> None:
    """Another value alone changes nothing that is lasting; one beyond a limit does so of the metric."""
    sight, kind = Sight(Reader()), KINDS.get("thermostat")
    assert kind is not None
    views = [sight.look(state, kind, Label(), 1.0) for state in map(_thermostat, (20.0, 20.5, 21.0, 99.0))]
    tokens = [(view.lasting, view.metrics["temperature"].lasting) for view in views]
    assert tokens[1] == tokens[2] != (None, None)
    assert tokens[2][0] is tokens[3][0]
    assert tokens[2][1] is not tokens[3][1]


def test_the_trend_is_that_of_the_first_number() -> None:
    """It is asked for with the decimals of its kind; a kind that begins with something else has none."""
    asked = []

    def trend_of(device: DeviceState, metric: str, precision: int | None, now: float) -> Trend:
        asked.append((device.id, metric, precision, now))
        return Trend("<svg/>", "rising")

    seen = Sight(Reader()).look(_thermostat(20.0), KINDS.get("thermostat"), Label(), 5.0, trend_of)
    Sight(Reader()).look(DeviceState("plug.x", "plug"), KINDS.get("plug"), Label(), 5.0, trend_of)
    assert ([("thermostat.x", "temperature", 1, 5.0)], Trend("<svg/>", "rising")) == (asked, seen.trend)


def _thermostat(temperature: float) -> DeviceState:
    state = MetricState(temperature, "°C", None, 1.0, "live")
    return DeviceState("thermostat.x", "thermostat", metrics={"temperature": state}, seen_at=1.0)
