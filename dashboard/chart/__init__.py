"""Charts as SVG text and labels as data. No Flet, no I/O."""

from dashboard.chart.availability import Band, availability_band
from dashboard.chart.axis import Tick
from dashboard.chart.export import csv_text, standalone
from dashboard.chart.gauge import Gauge, gauge
from dashboard.chart.ink import Size
from dashboard.chart.line import Chart, chart
from dashboard.chart.plan import Plan, Position, Track, plan
from dashboard.chart.series import Series
from dashboard.chart.spark import Trend, spark, trend
from dashboard.chart.window import Window, WindowError

__all__ = [
    "Band",
    "Chart",
    "Gauge",
    "Plan",
    "Position",
    "Series",
    "Size",
    "Tick",
    "Track",
    "Trend",
    "Window",
    "WindowError",
    "availability_band",
    "chart",
    "csv_text",
    "gauge",
    "plan",
    "spark",
    "standalone",
    "trend",
]
