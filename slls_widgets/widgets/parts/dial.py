"""One parameter as symbol, number box and slider.

ipywidgets' own slider reports every value it is *shown* back to the kernel, rounded to its steps, as if the
reader had moved it; with four sliders that follow one state, late reports would move the state. Here only
the reader's own actions travel to the kernel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import anywidget
import traitlets as tl

from .modules import bundle
from .words import field_text

__all__ = ["Dial", "DialSpec", "not_a_number", "typed_number"]


@dataclass(frozen=True)
class DialSpec:
    """What a dial is for; ``scale`` turns the parameter into the value shown (degrees from radians)."""

    name: str
    symbol: str
    meaning: str
    tooltip: str
    low: float
    high: float
    log: bool = False
    scale: float = 1.0
    unit: str = ""
    digits: int = 4
    stops: int = 400
    #: Whether the page's table of terms explains the symbol; otherwise the tooltip does.
    known: bool = False


class Dial(anywidget.AnyWidget):
    """A dial that asks ``move(name, value)`` and shows what :meth:`show` is given.

    Parameters
    ----------
    spec : DialSpec
    move : callable
        Called with the parameter's name and the wanted value, in the parameter's own unit; NaN where the
        reader typed something that is no number; ``typed`` has the text.
    """

    _esm = bundle("sweep.js", "touch.js", "dial.js")

    spec = tl.Dict().tag(sync=True)
    range = tl.List(tl.Float()).tag(sync=True)
    # Value, text and the last request they answer, in one trait: the page sees them together or not at all.
    shown = tl.Dict().tag(sync=True)
    # What the button that moves the slider does.
    sweeps = tl.Unicode("").tag(sync=True)

    def __init__(self, spec: DialSpec, move: Callable[[str, float], None]) -> None:
        super().__init__(
            spec=asdict(spec),
            sweeps=f"move {spec.symbol.partition('_')[0]} to the end of its slider",
            range=[spec.low, spec.high],
            shown={"value": 1, "text": "", "seen": 0, "refused": False},
        )
        self._spec = spec
        self._move = move
        #: What the reader has typed, as it was typed; empty where the slider was moved.
        self.typed = ""
        #: Whether a sweep of the slider asks: its first step, a later one, or none.
        self.sweep: Literal["begins", "goes on", ""] = ""
        self._seen = 0
        self.on_msg(self._received)

    def show(self, value: float, *, ends: tuple[float, float] | None = None) -> None:
        """Show a parameter's value; ``ends`` are those of the slider, in the units it shows."""
        if ends is not None:
            self.range = list(ends)
        shown = value * self._spec.scale
        self.shown = {
            "value": shown,
            "text": field_text(shown, self._spec.digits),
            "seen": self._seen,
            "refused": False,
        }

    def refuse(self) -> None:
        """Mark the field: what was asked for is not possible."""
        self.shown = {**self.shown, "refused": True}

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("request"), int):
            return
        self._seen = max(self._seen, content["request"])
        self.sweep = ""
        if content.get("type") in ("slide", "sweep"):
            if content["type"] == "sweep":
                self.sweep = "begins" if content.get("begins") else "goes on"
            self.typed, value = "", content.get("value")
        else:
            self.typed = str(content.get("text"))
            value = typed_number(self.typed.rstrip("° "))
        if isinstance(value, (int, float)):
            self._move(self._spec.name, value / self._spec.scale)
        # Even a request that changed nothing is answered: the page waits for its number.
        self.shown = {**self.shown, "seen": self._seen}


# 10,000 is ten thousand to some readers and ten to others.
_AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")


def not_a_number(text: str) -> str:
    """What is wrong with a text that `typed_number` refuses.

    Examples
    --------
    >>> not_a_number("10,000"), not_a_number("lots")
    ("must not have a comma: '10,000' could be ten thousand or ten", "must be a number ('lots' is not)")
    """
    if _AMBIGUOUS.fullmatch(text.strip().replace("−", "-")):
        return f"must not have a comma: {text.strip()[:20]!r} could be ten thousand or ten"
    return f"must be a number ({text[:20]!r} is not)"


def typed_number(text: str) -> float:
    """A number as it is typed, with a decimal comma or point; NaN where it is none or could be two.

    Examples
    --------
    >>> typed_number("0,125"), typed_number("−3"), typed_number("10,000")
    (0.125, -3.0, nan)
    """
    plain = text.strip().replace("−", "-")
    if _AMBIGUOUS.fullmatch(plain):
        return math.nan
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return math.nan
