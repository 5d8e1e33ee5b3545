"""The texts behind the head's Cite and Help buttons."""

from __future__ import annotations

from .. import __version__

__all__ = ["CITE", "HELP"]

PAPER = (
    "M. Ding, J. Wu, X. Xing, An ideal entropy transporter with finite power and vanishing fluctuation, "
    "arXiv:2502.06054 (2025)"
)

CITE = f"""
<h2>How to cite</h2>
<p>The model and its closed forms: {PAPER}.</p>
<p>The exact results at any angle and this app: slls-widgets {__version__}; CITATION.cff in its source has
both entries in machine-readable form.</p>
"""

HELP = """
<h2>What this is</h2>
<p>A nano-magnet sits in a field <b>H</b>, a heat bath and a spin-polarised current that pushes it with
torque <b>P</b>. In its steady state it carries entropy between the bath and the current. S<sub>P</sub>
is the rate at which the current gains entropy, S<sub>B</sub> that of the bath, Σ = S<sub>P</sub> +
S<sub>B</sub> ≥ 0 what is newly made; all in units of ηT.</p>
<ul>
<li><b>Move</b>: drag the point on the map, the dashed line on the rates, or a slider; or type a number.
With the keyboard: Tab to a plot or slider, then the arrow keys (Shift: ten times faster).</li>
<li><b>Hold</b>: moving α changes either the field at fixed torque, |α|ν, or the torque at fixed field,
ν.</li>
<li><b>Run</b> (space bar) simulates the same point beside the exact solution. The ledger shows how many
standard errors apart they are; beyond 3 it is marked.</li>
<li><b>Grey</b> means: belongs to older settings, being recomputed.</li>
<li><b>Undo</b> Ctrl+Z, <b>redo</b> Ctrl+Shift+Z. <b>Copy link</b> gives an address that opens exactly
this.</li>
</ul>
<p>Solid curves are exact at the angle shown: the Fokker-Planck equation on the sphere, with an error
bound in the ledger. Dashed curves are the closed forms that hold at θ = 0.</p>
"""
