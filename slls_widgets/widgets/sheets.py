"""The title of the app, and the texts behind its Cite and Help buttons."""

from __future__ import annotations

from .. import __version__

__all__ = ["CITE", "HELP", "TITLE"]

PAPER = (
    "M. Ding, J. Wu, X. Xing, An ideal entropy transporter with finite power and vanishing fluctuation, "
    "arXiv:2502.06054 (2025)"
)

TITLE = """
<h1 class="slls-title">A magnet that pumps entropy</h1>
<p class="slls-subtitle">exact at any angle, simulated ·
<a href="https://arxiv.org/abs/2502.06054" target="_blank" rel="noopener">the paper</a></p>
"""

CITE = f"""
<p>The model and its closed forms: {PAPER}.</p>
<p>The exact results at any angle and this app: slls-widgets {__version__}; CITATION.cff in its source has
both entries in machine-readable form.</p>
<pre id="slls-bibtex">@article{{ding2025ideal,
  author = {{Ding, M. and Wu, J. and Xing, X.}},
  title = {{An ideal entropy transporter with finite power and vanishing fluctuation}},
  journal = {{arXiv:2502.06054}},
  year = {{2025}}
}}
@software{{slls_widgets,
  author = {{{{The slls-widgets developers}}}},
  title = {{slls-widgets: interactive exploration of an entropy-pumping nano-magnet}},
  version = {{{__version__}}}
}}</pre>
<button type="button" data-copies="#slls-bibtex">Copy BibTeX</button>
"""

# The page writes the line: it knows the address.
EMBED = """
<p>This line shows the app as it is now in a page of your own: dials, map and rates, and a link to the
whole app.</p>
<pre id="slls-frame" data-frame="{query}"></pre>
<button type="button" data-copies="#slls-frame">Copy the line</button>
<p>A server shows the app in pages of another site only if it was started with
<code>slls app --embed https://your.site</code>.</p>
"""

HELP = """
<p>A nano-magnet sits in a field <b>H</b>, a heat bath and a spin-polarised current that pushes it with
torque <b>P</b>. In its steady state it carries entropy between the bath and the current. S<sub>P</sub>
is the rate at which the current gains entropy, S<sub>B</sub> that of the bath, Σ = S<sub>P</sub> +
S<sub>B</sub> ≥ 0 the entropy produced. In reduced units rates are in ηT and times in 1/(ηT); the menu of the
parameters turns all numbers on screen into the paper's units or into those of a device.</p>
<p>Solid curves are exact at the angle shown: the Fokker-Planck equation on the sphere, with an error
bound in the table. Dashed curves are the closed forms that hold at θ = 0. Grey values are out of
date and are being computed.</p>
<dl>
<dt>Move</dt><dd>Drag the point on the map, the dashed line on the rates, or a slider; or type a number.</dd>
<dt>▶</dt><dd>Moves a slider to its end: the field at the torque that is held, for instance.</dd>
<dt>Keep</dt><dd>When α moves, either the torque |α|ν stays and the field changes, or the field ν stays and
the torque changes.</dd>
<dt>Symbols</dt><dd>Each says what it is when you point at it, reach it with <kbd>Tab</kbd> or tap it.</dd>
<dt>Run</dt><dd>Simulates the same point beside the exact solution. The table shows how many standard
errors apart they are, or that the time step limits the comparison. A mark means more than chance, however
often one looks: fewer than 1 run in 1000 is marked by chance.</dd>
<dt>pin</dt><dd>Keeps the present point beside later ones: faint curves, a second column, the differences in
words.</dd>
<dt>Copy link</dt><dd>An address that opens exactly this; in a notebook, a line of code that does.</dd>
</dl>
<h3>Keys</h3>
<dl class="keys">
<dt><kbd>Tab</kbd></dt><dd>to the next slider, plot or button</dd>
<dt><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>move the slider, the point or the sphere; with
<kbd>Shift</kbd> in larger steps</dd>
<dt><kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd></dt><dd>on a plot: zoom in, zoom out, full range</dd>
<dt><kbd>Page Up</kbd> <kbd>Page Down</kbd></dt><dd>on the rates: to the next named point</dd>
<dt><kbd>Space</kbd></dt><dd>run or pause the simulation</dd>
<dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>undo; with <kbd>Shift</kbd> redo</dd>
<dt><kbd>Home</kbd></dt><dd>on the sphere: reset the view</dd>
<dt><kbd>Esc</kbd></dt><dd>close this window; in a number box, discard what you typed</dd>
</dl>
"""
