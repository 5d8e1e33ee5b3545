"""Small building blocks: a card with a title, tools and a body, and HTML snippets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as w
import traitlets as tl

__all__ = [
    "Card",
    "Choice",
    "ListeningBox",
    "box",
    "button",
    "close_parts",
    "family",
    "html",
    "select",
    "set_class",
    "tell_fault",
    "term",
]


def html(value: str, *classes: str) -> w.HTML:
    """An HTML widget with CSS classes."""
    widget = w.HTML(value)
    for name in classes:
        widget.add_class(name)
    return widget


def box(children: Sequence[w.Widget], *classes: str) -> w.Box:
    """A box laid out by the stylesheet alone."""
    widget = w.Box(list(children))
    for name in classes:
        widget.add_class(name)
    return widget


def button(text: str, tooltip: str, *classes: str) -> w.Button:
    """A button with a tooltip, which is its accessible name too when the text is a glyph."""
    widget = w.Button(description=text, tooltip=tooltip)
    for name in classes:
        widget.add_class(name)
    return widget


def term(name: str, shown: str = "") -> str:
    """HTML of a symbol or word that explains itself: ``name`` is that of the table of terms."""
    label = shown or re.sub(r"_(\w)", r"<sub>\1</sub>", name)
    return f'<span class="slls-term" role="button" tabindex="0" data-term="{escape(name)}">{label}</span>'


def select(options: Any, value: object, name: str, tooltip: str, *classes: str) -> w.Dropdown:
    """A menu of choices in the head of a card; its name is for screen readers only."""
    widget = w.Dropdown(options=options, value=value, description=name, tooltip=tooltip)
    for each in ("slls-select", *classes):
        widget.add_class(each)
    return widget


def set_class(widget: w.DOMWidget, name: str, on: bool) -> None:
    """Add or remove a CSS class; nothing is sent when it is as wanted."""
    if on and name not in widget._dom_classes:
        widget.add_class(name)
    elif not on and name in widget._dom_classes:
        widget.remove_class(name)


def family(widget: w.Widget, known: set[w.Widget] | None = None) -> set[w.Widget]:
    """The widget and all that its synchronised traits refer to."""
    known = set() if known is None else known
    if widget in known:
        return known
    known.add(widget)
    for name in widget.keys:
        value = getattr(widget, name)
        parts = value.values() if isinstance(value, dict) else value
        for part in parts if isinstance(value, (list, tuple, dict)) else [value]:
            if isinstance(part, w.Widget):
                family(part, known)
    return known


class Choice(w.Box):
    """One of a few, as a row of toggle buttons.

    Parameters
    ----------
    options : mapping of str to str
        Name and tooltip of each; the first one is chosen.
    chosen : callable
        Called with the name of each new choice.
    """

    def __init__(self, options: Mapping[str, str], chosen: Callable[[str], None]) -> None:
        self.value = next(iter(options))
        self._chosen = chosen
        self._buttons = {name: w.ToggleButton(description=name, tooltip=tip) for name, tip in options.items()}
        self._show()
        for name, toggle in self._buttons.items():
            toggle.observe(lambda change, name=name: self._pressed(name, change["new"]), "value")
        super().__init__(list(self._buttons.values()))
        self.add_class("slls-choice")

    def choose(self, name: str) -> None:
        """Choose one by its name."""
        if name != self.value:
            self.value = name
            self._chosen(name)
        self._show()

    def _pressed(self, name: str, down: bool) -> None:
        # Pressing the one that is down must not leave none.
        if down != (name == self.value):
            self.choose(name)

    def _show(self) -> None:
        for name, toggle in self._buttons.items():
            toggle.value = name == self.value


def close_parts(widget: w.Widget) -> None:
    """Close all that a widget's synchronised traits refer to."""
    # Not of what was never built: ipywidgets closes that, too, and looking for its parts would make them.
    if widget.comm is not None:
        for part in family(widget) - {widget}:
            part.close()


def tell_fault(caption: w.HTML, error: str) -> None:
    """Put an error in place of a caption; no error, of a panel that is well again, leaves it alone."""
    if error:
        caption.value = escape(error)


class ListeningBox(w.Box):
    """A box that observes others until it is closed, and closes what is in it.

    A trait keeps its observers for as long as it lives: what is closed without being taken off the list would
    stay in memory and go on redrawing.
    """

    _heard: tuple[tuple[tl.HasTraits, Callable[[Any], None], Sequence[str]], ...] = ()

    def listen(self, source: tl.HasTraits, handler: Callable[[Any], None], *names: str) -> None:
        """Call ``handler(change)`` when one of the source's traits of these names changes."""
        source.observe(handler, names)
        self._heard += ((source, handler, names),)

    def close(self) -> None:
        """Stop observing and take everything off the page; a second call does nothing."""
        heard, self._heard = self._heard, ()
        for source, handler, names in heard:
            source.unobserve(handler, names)
        close_parts(self)
        super().close()


class Card(ListeningBox):
    """A titled panel; ``stale`` greys what belongs to older settings until it is recomputed.

    Given a ``stop``, it offers a button for it when the wait grows long.
    """

    _STALE = "updating …"

    def __init__(
        self,
        title: str,
        body: Sequence[w.Widget],
        tools: Sequence[w.Widget] = (),
        stop: Callable[[], object] | None = None,
    ) -> None:
        self.cue = html(self._STALE, "slls-cue")
        head = box(
            [html(f"<h2>{escape(title)}</h2>", "slls-card-title"), self.cue, *tools],
            "slls-card-head",
        )
        if stop is not None:
            give_up = button("stop", "cancel; it starts again when you move the point", "slls-stop")
            give_up.on_click(lambda _: stop())
            body = [*body, give_up]
        super().__init__([head, box(body, "slls-body")])
        self.add_class("slls-card")

    def mark_stale(self, stale: bool) -> None:
        """Grey the panel, or show it as current."""
        set_class(self, "stale", stale)

    def busy(self, text: str, *, stopped: bool = False) -> None:
        """Say beside the title what is under way, or was ``stopped``; nothing when ``text`` is empty."""
        # A stale panel always says something: CSS shows it only once it has been stale for a moment.
        self.cue.value = text or self._STALE
        set_class(self, "busy", bool(text))
        set_class(self, "stopped", stopped)
