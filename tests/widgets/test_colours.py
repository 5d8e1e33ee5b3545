"""The map's picture, read back by an independent decoder."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from slls_widgets.explore.map_values import PHASE_COLOURS, PHASE_ORDER
from slls_widgets.explore.state import Quantity
from slls_widgets.widgets.parts.colours import paint


def pixels(painted):
    image = Image.open(io.BytesIO(painted.png))
    image.verify()  # checksums
    return np.asarray(Image.open(io.BytesIO(painted.png)).convert("RGB"))


def test_phases_have_their_colours_and_the_first_row_is_at_the_bottom():
    found = pixels(paint(Quantity.PHASE, np.array([[0.0, 1.0, 2.0], [2.0, 2.0, 0.0]])))
    wanted = [[PHASE_COLOURS[PHASE_ORDER[k]] for k in row] for row in ((2, 2, 0), (0, 1, 2))]
    assert found.tolist() == [[list(colour) for colour in row] for row in wanted]


def test_zero_is_white_signs_are_blue_and_vermilion_and_nothing_is_grey():
    values = np.linspace(-3.0, 3.0, 301)[None, :]
    low, zero, high = pixels(paint(Quantity.S_B, values))[0][[0, 150, 300]].astype(int)
    assert low[2] > low[0] + 50
    assert high[0] > high[2] + 50
    assert zero.min() > 240
    grey = pixels(paint(Quantity.EFFICIENCY, np.array([[np.nan, 0.5]])))[0, 0]
    assert grey.tolist() == [225, 227, 231]
