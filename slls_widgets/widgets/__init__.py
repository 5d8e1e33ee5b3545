"""The explorer and its panels, for notebooks and Voila.

>>> from slls_widgets.widgets import Explorer  # doctest: +SKIP
>>> Explorer()  # doctest: +SKIP

or some of its panels, on one state of their own:

>>> from slls_widgets.widgets import Controls, RatesView, Workbench  # doctest: +SKIP
>>> Workbench([Controls], RatesView)  # doctest: +SKIP
"""

from .app import Explorer
from .controls import Controls
from .device_view import DeviceView
from .fluctuations import CorrelationView, PsiView, VarianceView
from .ledger import Ledger
from .phase_map import PhaseMap
from .rates import RatesView
from .simulation_panel import SimulationPanel
from .sphere_view import SphereView
from .strong_field import StrongFieldView
from .trade_offs import CountingView
from .workbench import Workbench

__all__ = [
    "Controls",
    "CorrelationView",
    "CountingView",
    "DeviceView",
    "Explorer",
    "Ledger",
    "PhaseMap",
    "PsiView",
    "RatesView",
    "SimulationPanel",
    "SphereView",
    "StrongFieldView",
    "VarianceView",
    "Workbench",
]
