"""The unit sphere on a canvas: density, live trajectories, arrows and the sense of precession.

A pure view. It knows nothing of the state of an app: it shows the density, the vectors and the paths that
it is given, and hands back the viewing angle.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from ...explore.sphere_grid import checked_shape, lat_long_grid
from ...magnet.macrospin import Macrospin
from .modules import bundle

__all__ = ["SphereCanvas", "lat_long_grid"]

# Seen from in front, a little from above and from the right: H upright, P towards the viewer's right.
HOME = (-1.1, 0.5)
# Below this share of the terms that cancel in it, a vector has no direction worth an arrow.
NEGLIGIBLE = 1e-3
# The colour scale never ends below this multiple of the uniform density, so a flat one looks flat.
LEAST_TOP = 3.0


class SphereCanvas(anywidget.AnyWidget):
    """An interactive sphere: shading, tails, arrows for **H**, **P** and **H′**, sense of precession.

    All arrows show directions only: their three lengths are fixed, and differ so that parallel arrows
    can be told apart. The shading is the density over that of a uniform distribution; its scale ends at
    the largest value or at 3, whichever is larger.

    Parameters
    ----------
    view : tuple of float
        Azimuth and elevation of the viewer in radians. Changed by dragging, the arrow keys, Home or a
        double click; set it to turn the sphere.
    home : tuple of float
        The view that Home and a double click return to.
    theme : {"auto", "light", "dark"}
        "auto" follows the app or the notebook page around the view, then the system.
    label : str
        What a screen reader says of the view.
    tail : int
        Points kept per trajectory, 2 to 5000.

    Examples
    --------
    >>> sphere = SphereCanvas(label="Steady state at α = 0.5")
    >>> magnet = Macrospin(alpha=0.5, nu=10, delta=0.866, theta=0.7)
    >>> sphere.set_vectors(magnet)
    >>> sphere.set_density(np.exp(lat_long_grid() @ magnet.damping))
    >>> sphere.push(np.broadcast_to([0.0, 0.0, 1.0], (3, 1, 3)))
    """

    _esm = bundle("touch.js", "sphere_paint.js", "sphere_marks.js", "sphere.js")
    _css = Path(__file__).parent / "sphere.css"

    view = t.Tuple(t.Float(), t.Float(), default_value=HOME).tag(sync=True)
    home = t.Tuple(t.Float(), t.Float(), default_value=HOME).tag(sync=True)
    theme = t.Enum(("auto", "light", "dark"), default_value="auto").tag(sync=True)
    label = t.Unicode("Magnetisation on the unit sphere").tag(sync=True)
    tail = t.Int(300, min=2, max=5000).tag(sync=True)
    # One trait each, so that a view never sees half of a change.
    density = t.Dict(help="shape, values (uint8, row-major) and top of the scale").tag(sync=True)
    vectors = t.Dict(help="unit vectors field, torque, damping, precession, or null").tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tails_shown = False

    @t.validate("view", "home")
    def _valid_view(self, proposal: dict[str, Any]) -> tuple[float, float]:
        azimuth, elevation = proposal["value"]
        if not (math.isfinite(azimuth) and math.isfinite(elevation)):
            raise t.TraitError(f"a view needs two finite angles in radians; got {proposal['value']!r}")
        return azimuth, min(max(elevation, -math.pi / 2), math.pi / 2)

    def set_vectors(self, magnet: Macrospin) -> None:
        """Show the directions of the field, the torque, the damping vector and the precession of a magnet.

        A vector that vanishes (**P** at α = 0, **H′** at α = -δ and θ = 0, the precession at α = 1/δ and
        θ = 0) has no arrow; a small note in the view says so.

        Parameters
        ----------
        magnet : Macrospin
            The magnet. With α < 0 the arrow **P** points along -p̂.
        """
        strength = abs(magnet.alpha)
        self.vectors = {
            "field": _direction(magnet.h_hat, 1.0),
            "torque": _direction(np.sign(magnet.alpha) * magnet.p_hat, 1.0),
            "damping": _direction(magnet.damping, magnet.nu * (1.0 + strength / magnet.delta)),
            "precession": _direction(magnet.precession, magnet.nu * (1.0 / magnet.delta + strength)),
        }

    def set_density(self, values: ArrayLike) -> None:
        """Shade the sphere by a probability density.

        Parameters
        ----------
        values : array_like, shape (n_theta, n_phi)
            The density on ``lat_long_grid((n_theta, n_phi))``, in any unit. Values that are negative or
            not finite count as zero.

        Raises
        ------
        ValueError
            If the shape is not that of a grid.
        """
        grid = np.asarray(values, dtype=np.float64)
        shape = checked_shape(grid.shape)
        grid = np.where(np.isfinite(grid), np.maximum(grid, 0.0), 0.0)
        peak = float(grid.max())
        if peak == 0.0:
            self.clear_density()
            return
        grid = grid / peak  # first, so that the sum below cannot overflow
        weight = np.sin(np.linspace(0.0, math.pi, shape[0]))
        uniform = float(weight @ grid.mean(axis=1) / weight.sum())
        # A peak narrower than the grid at a pole alone has no weight in the mean.
        top = max(1.0, LEAST_TOP * uniform)
        self.density = {
            "shape": list(shape),
            "values": np.round(grid * (255.0 / top)).astype(np.uint8).tobytes(),
            "top": min(top / uniform, 1e6) if uniform > 0.0 else 1e6,
        }

    def clear_density(self) -> None:
        """Show the plain sphere."""
        self.density = {}

    def push(self, paths: ArrayLike) -> None:
        """Append pieces of trajectories to the tails; meant for 20 to 30 calls a second, from any thread.

        Parameters
        ----------
        paths : array_like, shape (trajectories, frames, 3)
            Unit vectors, oldest first. A point that is not finite leaves a gap. Another number of
            trajectories than before starts new tails.

        Raises
        ------
        ValueError
            If the array has another shape.
        """
        points = np.asarray(paths)
        if points.ndim != 3 or points.shape[2] != 3:
            raise ValueError(f"paths must have the shape (trajectories, frames, 3); got {points.shape}")
        points = np.ascontiguousarray(points[:, -self.tail :], dtype="<f4")
        if points.size == 0:
            return
        self._tails_shown = True
        self.send(
            {"type": "push", "trajectories": points.shape[0], "frames": points.shape[1]}, [points.tobytes()]
        )

    def clear(self) -> None:
        """Remove all tails; nothing is sent when there are none."""
        if self._tails_shown:
            self._tails_shown = False
            self.send({"type": "clear"})


def _direction(vector: NDArray[np.float64], terms: float) -> list[float] | None:
    """Unit vector, or None if the vector is negligible beside the terms it is the sum of."""
    shares = vector / terms  # first, so that no square overflows
    length = float(np.linalg.norm(shares))
    return None if length <= NEGLIGIBLE else [float(x) for x in shares / length]
