"""Under which names and units a metric's history is kept, so that a kind can change and stay readable."""

from schemas.kind import Kind, Metric
from schemas.traits import KindError, Was


def history_sources(
    kind: Kind | None, metric: str, unit: str = ""
) -> tuple[tuple[str, str, float, float], ...]:
    """Where to look: metric, unit, and the factor and the offset that make its values those of today.

    The present name and unit come first. `unit` is that of a metric the kind does not declare.
    """
    declared = kind.metrics.get(metric) if kind is not None else None
    if declared is None:
        return ((metric, unit, 1.0, 0.0),)
    earlier = [
        (*_source(declared, was), float(was.factor), float(was.offset)) for was in declared.trait.earlier
    ]
    return ((declared.name, declared.unit, 1.0, 0.0), *earlier)


def check_earlier(kind: Kind) -> None:
    """Raise `KindError` where a `Was` names what the kind has today, or says the same as another."""
    for metric in kind.metrics.values():
        known = {(metric.name, metric.unit)}
        for was in metric.trait.earlier:
            where = f"{kind.model.__name__}.{metric.name}"
            if was.name is not None and was.name in kind.metrics:
                hint = "; leave the name out" if was.name == metric.name else ""
                raise KindError(f'{where}: was names "{was.name}", which the kind has today{hint}')
            source = _source(metric, was)
            if source in known:
                text = f'"{source[0]}" in {source[1] or "no unit"}'
                raise KindError(f"{where}: was says {text}, which is as today or said twice")
            known.add(source)


def _source(metric: Metric, was: Was) -> tuple[str, str]:
    return (
        metric.name if was.name is None else was.name,
        metric.unit if was.unit is None else was.unit,
    )
