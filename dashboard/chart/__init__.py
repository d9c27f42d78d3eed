"""Charts as SVG text and labels as data. No Flet, no I/O."""
