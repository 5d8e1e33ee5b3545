"""Everything that an app shows at one moment, and whether it is complete and belongs to the point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .results import CurvesKey, MapKey, curves_key, map_key
from .state import Snapshot

if TYPE_CHECKING:
    from .live import Reading
    from .results import Boundaries, Curves, Fault, MapResult

__all__ = ["NotComputed", "NotYet", "Shown"]


class NotYet(ValueError):
    """Something the file needs is still being computed; the message names it."""


class NotComputed(ValueError):
    """Something the file needs could not be computed: there is nothing to wait for."""


@dataclass(frozen=True)
class Shown:
    """Everything the app shows now.

    Attributes
    ----------
    readings : tuple of Reading
        The simulated points of the rates view.
    reading : Reading, optional
        The one in the ledger, at the operating point.
    curves_fault, map_fault : Fault, optional
        Why there are no curves, or no map with its boundaries.
    """

    snapshot: Snapshot
    curves: Curves | None
    phase_map: MapResult | None
    boundaries: Boundaries | None
    readings: tuple[Reading, ...] = ()
    reading: Reading | None = None
    curves_fault: Fault | None = None
    map_fault: Fault | None = None

    @property
    def current_curves(self) -> Curves:
        """The curves, if they are fine and belong to the snapshot."""
        curves = self.curves
        if curves is None or not curves.fine or curves.key != curves_key(self.snapshot):
            raise _missing("the curves", curves_key(self.snapshot), self.curves_fault)
        return curves

    @property
    def current_map(self) -> MapResult:
        """The map, if it is complete and belongs to the snapshot."""
        found = self.phase_map
        if found is None or found.fraction < 1.0 or found.key != map_key(self.snapshot):
            raise _missing("the map", map_key(self.snapshot), self.map_fault)
        return found

    @property
    def current_boundaries(self) -> Boundaries:
        """The boundaries, if they belong to the snapshot."""
        found = self.boundaries
        if found is None or found.key != map_key(self.snapshot):
            raise _missing("the boundaries", map_key(self.snapshot), self.map_fault)
        return found


def _missing(what: str, key: MapKey | CurvesKey, fault: Fault | None) -> ValueError:
    """The error to raise: `NotComputed` where the computation has failed, else `NotYet`."""
    verb, it = ("is", "it") if what == "the map" else ("are", "them")
    if fault is not None and fault.key == key:
        return NotComputed(f"{what} {verb} not computed to the end, because {fault.reason}")
    return NotYet(f"{what} {verb} still being computed; wait for {it} and download again")
