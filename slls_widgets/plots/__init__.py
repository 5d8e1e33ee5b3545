"""The paper's figures and the app's views as static matplotlib figures, one module per subject."""

from .explorer import draw_map, draw_rates, explorer_figure
from .style import COLOURS, new_figure

__all__ = ["COLOURS", "draw_map", "draw_rates", "explorer_figure", "new_figure"]
