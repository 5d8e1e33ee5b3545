"""The story: a strip of words that leads through six places, and leaves each free to be played with."""

from __future__ import annotations

from dataclasses import replace

import ipywidgets as w

from ...explore.state import LAST_STEP, ExplorerState
from ...explore.story import STORY, step_at
from ..parts.panel import box, button, html, set_class
from ..parts.spoken import Spoken
from ..parts.state_card import StateCard

__all__ = ["Story"]

_INVITATION = "What the paper found, in six steps. Each is a place that you can play with."


class Story(StateCard):
    """What to see at the step of the story that the state has, with Back, Next and Close.

    Each step is a move of the state like any other: it can be undone, and a copied link opens it.

    Parameters
    ----------
    state : ExplorerState, optional
        The state to lead; by default one of the panel's own.
    opener : DOMWidget, optional
        What opens the story where it is not always shown: it has the focus again when the story ends.
    """

    def __init__(self, state: ExplorerState | None = None, opener: w.DOMWidget | None = None) -> None:
        self.join(state)
        self._opener = opener
        self._title = html("", "slls-story-title")
        self._words = Spoken("status", "slls-story-words")
        self.back = button("Back", "the step before")
        self.next = button("Next", "the next step", "primary")
        self.end = button("✕", "close the story and stay here")
        self.back.on_click(lambda _: self.go(self._state.snapshot.story - 1))
        self.next.on_click(lambda _: self.go(self._state.snapshot.story + 1))
        self.end.on_click(lambda _: self.leave())
        super().__init__(
            "Story", [self._title, self._words, box([self.back, self.next, self.end], "slls-run")]
        )
        self.add_class("slls-story")
        self._shown = -1
        self.listen(self._state, self._show, "snapshot")
        self._show()

    def go(self, number: int) -> None:
        """Go to a step, counted from 1; beyond the last the story ends."""
        if number > LAST_STEP:
            self.leave()
            return
        self._state.apply(step_at(number, self._state.snapshot))
        # A button that is disabled loses the focus.
        if number == 1:
            self.next.focus()

    def leave(self) -> None:
        """End the story where the reader is."""
        self._state.apply(replace(self._state.snapshot, story=0))
        if self._opener is not None:
            self._opener.focus()

    def _show(self, _change: object = None) -> None:
        number = self._state.snapshot.story
        if number == self._shown:
            return
        self._shown = number
        title, words = ("The story", _INVITATION)
        if number:
            title, words = f"{number} of {LAST_STEP} · {STORY[number - 1].title}", STORY[number - 1].words
        self._title.value = f'<h2 class="slls-card-title">{title}</h2>'
        # The title is read out with the words: it changes with them.
        self._words.value = f'<span class="slls-sr">{title}. </span>{words}'
        self.back.disabled = number <= 1
        self.next.description = "Done" if number == LAST_STEP else "Next" if number else "Begin"
        set_class(self.end, "hidden", not number)
