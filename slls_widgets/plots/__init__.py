"""The figures of the notebooks, one module per subject; `style` has what they share."""

from .style import COLOURS, new_figure

__all__ = ["COLOURS", "new_figure"]
