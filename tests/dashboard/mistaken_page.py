"""Files of pages with a mistake in each, and the words for it."""

from collections.abc import Sequence

OF_TYPES = "expected one of device, metric, chart, gauge, control, group, text, events, map"


def tile(keys: str) -> str:
    """A page with one tile, whose header is line 2."""
    return f'title = "x"\n[[tiles]]\n{keys}\n'


MISTAKES: Sequence[tuple[str, tuple[int, str]]] = [
    ("", (1, "title: expected a value, got nothing")),
    ("title = 3", (1, "title: expected a text in quotes, got 3")),
    ('title = ""', (1, 'title: expected a text that is not empty, got ""')),
    (
        'title = "a\\nb"',
        (1, 'title: expected a text on one line, without space at its ends, got "a\\u000ab"'),
    ),
    ('titel = "x"', (1, "titel: unknown key; expected one of title, icon, order, tiles (and 1 more)")),
    ('title = "x"\norder = nan', (2, "order: expected a finite number, got NaN")),
    ('title = "x"\n\norder = "1"', (3, 'order: expected a number, got "1"')),
    (
        'title = "x"\nicon = "A b"',
        (2, 'icon: expected the name of a Material icon, such as kitchen or water_drop, got "A b"'),
    ),
    ('title = "x"\ntitle = "y"', (2, "not valid TOML: Cannot overwrite a value")),
    ('title = "x"\n[[tiles]', (2, "not valid TOML: Expected ']]' at the end of an array declaration")),
    ('title = "x', (1, "not valid TOML: Unterminated string")),
    ('title = "x"\ntiles = 3', (2, "tiles: expected a list, got 3")),
    ('title = "x"\n[tiles]\na = 3', (2, "tiles: expected a list, got a table")),
    ('title = "x"\ntiles = [3]', (2, "tile 1: expected a table, got 3")),
    (
        tile("width = 3"),
        (
            2,
            f"tile 1, type: {OF_TYPES}, got nothing",
        ),
    ),
    (
        tile('type = "chrt"'),
        (
            3,
            f'tile 1, type: {OF_TYPES}, got "chrt"',
        ),
    ),
    (tile('type = "device"'), (2, "tile 1 (device), device: expected a value, got nothing")),
    (
        tile('# low\ntype = "device"\ndevice = "a"\nwidht = 3'),
        (
            6,
            "tile 1 (device), widht: unknown key; expected one of type, id, width, device, height",
        ),
    ),
    (
        tile('type = "device"\ndevice = "a"\nwidth = 13'),
        (5, "tile 1 (device), width: expected at most 12, got 13"),
    ),
    (
        tile('type = "events"\nheight = 0'),
        (4, "tile 1 (events), height: expected at least 1, got 0"),
    ),
    (
        tile('type = "events"\nwidth = true'),
        (4, "tile 1 (events), width: expected an integer, got true"),
    ),
    (tile('type = "group"'), (2, "tile 1 (group): expected place, kind or both, got neither")),
    (tile('type = "text"'), (2, "tile 1 (text): expected title, text or both, got neither")),
    (
        tile('type = "chart"\nseries = []'),
        (4, "tile 1 (chart), series: expected at least 1 of them, got an empty list"),
    ),
    (
        tile('type = "chart"\nrange = "2h"\nseries = [{device = "a", metric = "b"}]'),
        (
            4,
            "tile 1 (chart), range: expected '1h', '6h', '24h', '7d', '30d', '90d' or '1y', got \"2h\"",
        ),
    ),
    (
        tile(
            'type = "chart"\n[[tiles.series]]\ndevice = "a"\nmetric = "b"\n'
            '[[tiles.series]]\ndevice = "a"\nmetric = 3'
        ),
        (9, "tile 1 (chart), series, item 2, metric: expected a text in quotes, got 3"),
    ),
    (
        tile('type = "chart"\nseries = [{device = "a", metric = "b", unit = "V"}]'),
        (4, "tile 1 (chart), series, item 1, unit: unknown key; expected one of device, metric"),
    ),
    (
        tile('id = "a"\ntype = "events"\n[[tiles]]\n# again\nid = "a"\ntype = "events"'),
        (7, 'tile 2 (events), id: expected an id that no other tile has, got "a" again'),
    ),
    (
        tile('id = "A_"\ntype = "events"'),
        (3, 'tile 1 (events), id: expected at most 40 of a to z, 0 to 9 and -, got "A_"'),
    ),
]
"""What is wrong in a file, with its line and the words for it."""
