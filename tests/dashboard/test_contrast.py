"""Colours that can be told from their grounds, in light and in dark, also where they have faded."""

import flet as ft
import pytest

from dashboard.look import DOTS, FADED, GROUND, INKS, PAPER, SIGNS, SOFT, theme
from dashboard.views.wanted import STATES

LIGHTS = (ft.Brightness.LIGHT, ft.Brightness.DARK)
GROUNDS = (PAPER, GROUND, ft.Colors.SURFACE_CONTAINER, ft.Colors.SURFACE_CONTAINER_HIGH)
"""What text and signs stand on: cards, the page, boxes, pills and dialogs."""
TEXT, SIGN = 4.5, 3.0
"""The least contrast by WCAG 2.2, AA: of text, and of signs and the edges of controls."""


def colour(name: str, brightness: ft.Brightness) -> tuple[float, ...]:
    """Red, green and blue, 0 to 1, of a colour of the theme."""
    scheme = theme(brightness).color_scheme
    assert scheme is not None
    field = next(
        color.name.lower() for color in ft.Colors if color.value == str(getattr(name, "value", name))
    )
    code = getattr(scheme, field)
    return tuple(int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The ratio of their luminances as WCAG defines it, 1 to 21."""

    def luminance(parts: tuple[float, ...]) -> float:
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def faded(one: tuple[float, ...], ground: tuple[float, ...]) -> tuple[float, ...]:
    """A colour of which only a part is left."""
    return tuple(FADED * mine + (1 - FADED) * its for mine, its in zip(one, ground, strict=True))


def test_contrast_is_measured_as_it_is_defined() -> None:
    """Black on white is 21:1, a colour on itself 1:1, and a known grey 4.5:1."""
    white, black, grey = (1.0,) * 3, (0.0,) * 3, (0x76 / 255,) * 3
    assert (21.0, 1.0, 4.5) == (
        contrast(white, black),
        contrast(grey, grey),
        round(contrast(grey, white), 1),
    )


@pytest.mark.parametrize("brightness", LIGHTS, ids=["light", "dark"])
def test_text_can_be_read(brightness: ft.Brightness) -> None:
    """Every ink on every ground, and on a card also when it has faded."""
    paper = colour(PAPER, brightness)
    weak = [
        (ink, ground, round(found, 2))
        for ink in {*INKS.values(), SOFT, ft.Colors.PRIMARY}
        for ground, found in [
            *((ground, contrast(colour(ink, brightness), colour(ground, brightness))) for ground in GROUNDS),
            (
                "faded",
                contrast(faded(colour(ink, brightness), paper), paper) if ink in INKS.values() else TEXT,
            ),
        ]
        if found < TEXT
    ]
    assert [] == weak


@pytest.mark.parametrize("brightness", LIGHTS, ids=["light", "dark"])
def test_signs_can_be_seen(brightness: ft.Brightness) -> None:
    """Every dot, ring and triangle on every ground, and on a card also when it has faded."""
    paper = colour(PAPER, brightness)
    weak = [
        (tone, ground, round(found, 2))
        for tone, dot in DOTS.items()
        for ground, found in [
            *((ground, contrast(colour(dot, brightness), colour(ground, brightness))) for ground in GROUNDS),
            ("faded", contrast(faded(colour(dot, brightness), paper), paper)),
        ]
        if found < SIGN
    ]
    assert [] == weak


@pytest.mark.parametrize("brightness", LIGHTS, ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        (ft.Colors.ERROR, ft.Colors.ERROR_CONTAINER),
        (ft.Colors.ON_ERROR_CONTAINER, ft.Colors.ERROR_CONTAINER),
        (ft.Colors.ON_PRIMARY, ft.Colors.PRIMARY),
        (ft.Colors.ON_SECONDARY, ft.Colors.SECONDARY),
        (ft.Colors.ON_PRIMARY_CONTAINER, ft.Colors.PRIMARY_CONTAINER),
        (ft.Colors.ON_SECONDARY_CONTAINER, ft.Colors.SECONDARY_CONTAINER),
        (ft.Colors.ON_INVERSE_SURFACE, ft.Colors.INVERSE_SURFACE),
    ],
    ids=lambda color: str(color.value),
)
def test_pairs_belong_together(ink: ft.Colors, ground: ft.Colors, brightness: ft.Brightness) -> None:
    """What the theme puts on a coloured ground can be read there."""
    assert contrast(colour(ink, brightness), colour(ground, brightness)) >= TEXT


def test_tones_differ_in_shape_too() -> None:
    """Good, warning, trouble and unknown are told apart without their colours."""
    shapes = [SIGNS[tone] for tone in ("good", "warn", "bad", "muted")]
    assert 4 == len(set(shapes))


def test_how_a_device_is_differs_in_shape_too() -> None:
    """Every figure of the overview has a shape of its own, and so has every entry of comings and goings."""
    assert len(STATES) == len({SIGNS[state] for state in STATES})
