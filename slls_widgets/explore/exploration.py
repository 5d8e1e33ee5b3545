"""What follows one state, made once for everything that shows it."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar
from weakref import WeakValueDictionary

from .dispatch import Dispatcher
from .exact import Exact
from .live import LiveSimulation
from .pin import Pinning
from .state import ExplorerState

__all__ = ["Exploration"]


class Exploration:
    """Exact results and simulation of one state, shared by all who join; they end with the last member.

    Parameters
    ----------
    state : ExplorerState
        What is followed.

    Examples
    --------
    >>> state = ExplorerState()
    >>> first, second = Exploration.of(state), Exploration.of(state)
    >>> first is second
    True
    >>> first.leave(), second.leave()
    (None, None)
    """

    # The values are weak, so that panels that are dropped without being closed do not stay for ever.
    _known: ClassVar[WeakValueDictionary[ExplorerState, Exploration]] = WeakValueDictionary()

    def __init__(self, state: ExplorerState) -> None:
        self.state = state
        self.dispatcher = Dispatcher()
        self._members = 0

    @classmethod
    def of(cls, state: ExplorerState | None = None) -> Exploration:
        """Join the exploration of a state, or of a new state of one's own; :meth:`leave` when done."""
        state = ExplorerState() if state is None else state
        if not isinstance(state, ExplorerState):
            raise TypeError(f"state must be an ExplorerState, or left out; got {state!r:.60}")
        exploration = cls._known.get(state)
        if exploration is None:
            exploration = cls._known[state] = cls(state)
        exploration._members += 1
        return exploration

    @cached_property
    def exact(self) -> Exact:
        """The exact results; the map, which costs seconds, once :meth:`Exact.want_map` has asked for it."""
        return Exact(self.state, self.dispatcher, with_map=False)

    @cached_property
    def live(self) -> LiveSimulation:
        """The simulation."""
        return LiveSimulation(self.state, self.dispatcher)

    @cached_property
    def pinned(self) -> Pinning:
        """The point that is compared with."""
        return Pinning(self.state, self.dispatcher)

    def leave(self) -> None:
        """Leave; with the last member the simulation stops and the threads end."""
        self._members -= 1
        if self._members > 0:
            return
        self._known.pop(self.state, None)
        self.state.running = False
        for name in ("live", "exact", "pinned"):
            follower = self.__dict__.get(name)  # only what somebody has asked for
            if follower is not None:
                follower.close()
