"""Every panel that is offered, made as ``panel(state)`` or ``panel()``."""

from __future__ import annotations

from slls_widgets import widgets
from slls_widgets.explore.state import ExplorerState
from slls_widgets.widgets.parts.state_card import StateCard

__all__ = ["PANELS"]


class Noise(widgets.CurvePanel):
    """A panel of one's own quantity."""

    def __init__(self, state: ExplorerState | None = None) -> None:
        super().__init__("Noise", lambda steady: steady.Delta_P, "noise / ηT", state)


_OFFERED = [getattr(widgets, name) for name in widgets.__all__]
PANELS = [
    Noise if each is widgets.CurvePanel else each
    for each in _OFFERED
    if isinstance(each, type) and issubclass(each, StateCard)
]
