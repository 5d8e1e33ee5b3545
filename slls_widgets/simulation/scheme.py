"""What a time-stepping scheme is. Each kernel advances one chunk of trajectories, structure of arrays.

Every kernel has the signature ``(generators, n, sums, constants, steps, phase, stride)``:

- generators: (4, lanes) uint64, the random streams, advanced in place
- n: (3, lanes), unit vectors, advanced in place
- sums: (SUMS, lanes), running ∫ n·p̂ dt, ∫ p̂·(n × ∘dn), and every ``stride`` steps the mean of n over the
  drift around the end of a step (three), and n at that end itself (three)
- phase: steps taken so far modulo ``stride``, so that where a slice ends changes nothing

The state is copied to local arrays first: LLVM vectorises over lanes only if it can see that nothing aliases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..magnet.macrospin import Macrospin
from .streams import Words

Vector = NDArray[np.float64]
Kernel = Callable[[Words, Vector, Vector, Vector, int, int, int], None]
#: Of magnetisations (N, 3), the shares of two sums that a run adds at its start and takes off at its end.
Shares = Callable[[Vector], tuple[Vector, Vector]]

__all__ = ["FASTMATH", "MEAN_TOLERANCE", "SPREAD_TOLERANCE", "SUMS", "TOLERANCE", "Scales", "Scheme"]

SUMS = 8
#: Stated bias of S_P, relative to max(|S_P|, |2να/δ|/100); of S_B, to max(|S_P|, |S_B|).
TOLERANCE = 1e-3
#: Stated bias of Delta_P by the Möbius scheme, relative to itself, and of a component of mean_n.
SPREAD_TOLERANCE = 5e-3
MEAN_TOLERANCE = 1e-3
# Fused multiply-adds, and no care for the sign of zero. Not reassociation: a sum keeps its order, so the
# result is the same however the loop was vectorised.
FASTMATH = {"contract", "nsz", "arcp"}


class Scales(NamedTuple):
    """What a bias is to be compared with: |<n·p̂>| and |S_B/(αν)|, from a short run."""

    along: float
    bath: float


def _no_shares(magnet: Macrospin, dt: float) -> Shares:
    """For a kernel that counts from step boundary to step boundary."""
    return lambda n: (np.zeros(len(n)), np.zeros(len(n)))


@dataclass(frozen=True)
class Scheme:
    """A time-stepping scheme: what it converges to, how fast, its kernel, and how long a step may be.

    A kernel has to fill the first two sums. Averages of n whose sums it leaves at zero are NaN.
    """

    name: str
    calculus: str
    weak_order: int
    advance: Kernel
    constants: Callable[[Macrospin, float], Vector]
    #: What the kernel counts beyond the two ends of a run, at a magnet and dt.
    shares: Callable[[Macrospin, float], Shares] = _no_shares
    #: What the kernel leaves out of the rate of its second sum.
    heat_offset: Callable[[Macrospin], float] = lambda magnet: 0.0
    #: Name on screen; by default ``name`` with a capital letter.
    title: str = ""
    #: Largest legal dt at a magnet; without it any is taken.
    largest_step: Callable[[Macrospin], float] = lambda magnet: math.inf
    #: A dt that keeps what `step_size.default_step` promises. Without it dt must be given, since nobody has
    #: measured the bias.
    step_rule: Callable[[Macrospin, Scales], float] | None = None
    #: Whether ``step_rule`` keeps the bias of Delta_P within `SPREAD_TOLERANCE`, too.
    promises_spread: bool = False

    @property
    def label(self) -> str:
        """Name on screen."""
        return self.title or self.name.capitalize()
