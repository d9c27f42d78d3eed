"""Charts as SVG text and labels as data. No Flet, no I/O."""

from dashboard.chart.availability import Band, draw_availability
from dashboard.chart.axis import Tick
from dashboard.chart.export import csv_text, standalone
from dashboard.chart.gauge import Gauge, draw_gauge
from dashboard.chart.ink import Size
from dashboard.chart.line import Chart, draw_chart
from dashboard.chart.plan import Plan, Position, Track, draw_plan
from dashboard.chart.series import Series
from dashboard.chart.spark import Frame, Trend, draw_spark, trend
from dashboard.chart.window import Window, WindowError

__all__ = [
    "Band",
    "Chart",
    "Frame",
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
    "csv_text",
    "draw_availability",
    "draw_chart",
    "draw_gauge",
    "draw_plan",
    "draw_spark",
    "standalone",
    "trend",
]
