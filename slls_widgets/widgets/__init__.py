"""The explorer and its panels, for notebooks and Voila.

>>> from slls_widgets.widgets import Explorer  # doctest: +SKIP
>>> Explorer()  # doctest: +SKIP

or some of its panels, on one state of their own:

>>> from slls_widgets.widgets import Controls, RatesView, Workbench  # doctest: +SKIP
>>> Workbench([Controls], RatesView)  # doctest: +SKIP
"""

from .app import Explorer
from .panels.controls import Controls
from .panels.curve_panel import CurvePanel
from .panels.device_view import DeviceView
from .panels.fluctuations import CorrelationView, PsiView, VarianceView
from .panels.ledger import Ledger
from .panels.phase_map import PhaseMap
from .panels.rates import RatesView
from .panels.simulation_panel import SimulationPanel
from .panels.sphere_view import SphereView
from .panels.story import Story
from .panels.strong_field import StrongFieldView
from .panels.trade_offs import CountingView
from .workbench import Workbench

__all__ = [
    "Controls",
    "CorrelationView",
    "CountingView",
    "CurvePanel",
    "DeviceView",
    "Explorer",
    "Ledger",
    "PhaseMap",
    "PsiView",
    "RatesView",
    "SimulationPanel",
    "SphereView",
    "Story",
    "StrongFieldView",
    "VarianceView",
    "Workbench",
]
