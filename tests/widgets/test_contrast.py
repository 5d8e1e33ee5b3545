"""Contrast of the app's colours, by WCAG 2: 4.5 for text, 3 for what draws or borders something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import slls_widgets.widgets

STYLE = (Path(slls_widgets.widgets.__file__).parent / "parts" / "app.css").read_text(encoding="utf-8")
THEMES = {"light": r"\.slls-app \{(.*?)\}", "dark": r'\.slls-app\[data-theme="dark"\] \{(.*?)\}'}


def palette(theme: str) -> dict[str, tuple[float, ...]]:
    block = re.search(THEMES[theme], STYLE, re.DOTALL)
    assert block is not None
    return {name: rgb(value) for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,8});", block[1])}


def rgb(value: str) -> tuple[float, ...]:
    digits = value[1:]
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return tuple(int(digits[k : k + 2], 16) / 255.0 for k in range(0, len(digits), 2))


def over(colour: tuple[float, ...], ground: tuple[float, ...]) -> tuple[float, ...]:
    """A translucent colour on a ground."""
    share = colour[3] if len(colour) == 4 else 1.0
    return tuple(share * c + (1.0 - share) * g for c, g in zip(colour[:3], ground, strict=True))


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_knows_black_on_white():
    assert contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == pytest.approx(21.0)
    # #767676 on white is the grey that just passes.
    assert contrast(rgb("#767676"), rgb("#fff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", ["card", "bg", "field"])
@pytest.mark.parametrize("ink", ["ink", "dim", "warn"])
def test_text_can_be_read(theme, ground, ink):
    colours = palette(theme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "phase", [("fridge", "fridge-tint"), ("pump", "pump-tint"), ("dud", "dud-tint"), ("dim", "dud-tint")]
)
def test_names_of_phases_can_be_read_on_their_shades(theme, phase):
    colours = palette(theme)
    name, tint = phase
    assert contrast(colours[name], over(colours[tint], colours["card"])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("badge", ["fridge", "pump", "dud", "neutral", "accent"])
def test_words_on_badges_and_buttons_can_be_read(theme, badge):
    colours = palette(theme)
    assert contrast(colours["on-accent"], colours[badge]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "mark", ["pumped", "bath", "production", "accent", "h-arrow", "p-arrow", "hp-arrow", "edge"]
)
def test_curves_arrows_and_edges_stand_out(theme, mark):
    colours = palette(theme)
    assert contrast(colours[mark], colours["card"]) >= 3.0
