"""`wait` is true: what it waited for is there, in a script, in a cell, in an event loop and in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel
from waiting import PATIENCE

from slls_widgets.explore.dispatch import Dispatcher
from slls_widgets.explore.exact import Exact
from slls_widgets.explore.follow import Following
from slls_widgets.explore.results import Point
from slls_widgets.explore.state import ExplorerState

Cell = Callable[[str], str]


@pytest.fixture(scope="module")
def cell() -> Iterator[Cell]:
    """Run a cell in a kernel of its own, and give back what it prints."""
    manager, client = start_new_kernel()

    def run(code: str) -> str:
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            printed.append(content.get("text", "") + "".join(content.get("traceback", ())))

        client.execute_interactive(code, timeout=300, output_hook=hear)
        return "".join(printed)

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


BENCH = """
from slls_widgets.explore.follow import Following
from slls_widgets.widgets import Ledger, StrongFieldView, Workbench

bench = Workbench(Ledger, StrongFieldView)
following = Following(bench.exact, lambda point, cancelled: iter([point.magnet.alpha]))
"""


@pytest.mark.compiled
def test_in_a_cell_the_results_are_those_of_the_present_state(cell: Cell) -> None:
    assert cell(BENCH) == ""
    # The first time there is no point at all; afterwards there is one, an older one.
    for alpha in (0.3, 0.6, -0.4):
        assert (
            cell(
                f"bench.state.move(alpha={alpha})\n"
                "print(bench.exact.wait(240), bench.exact.point.magnet.alpha, bench.exact.curves.fine)"
            )
            == f"True {alpha} True\n"
        )
    for alpha in (0.2, 0.7):
        assert (
            cell(f"bench.state.move(alpha={alpha})\nprint(following.wait(240), following.result.value)")
            == f"True {alpha}\n"
        )
    assert (
        cell("bench.state.move(delta=0.7)\nprint(bench.cards[1].wait(240), bench.cards[1]._drawn.key[0])")
        == "True 0.7\n"
    )


@pytest.mark.compiled
def test_a_thread_of_a_cell_waits_for_the_event_loop(cell: Cell) -> None:
    """As long as the cell runs the loop cannot show anything, and `wait` does not say that it has."""
    assert (
        cell("""
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(1)
found = []
bench.state.move(alpha=0.5)
waiting = pool.submit(lambda: found.append((bench.exact.wait(240), bench.exact.point.magnet.alpha)))
print(found)
""")
        == "[]\n"
    )
    assert (
        cell(
            "import asyncio\n"
            "await asyncio.wrap_future(waiting)\n"  # the loop runs meanwhile
            "print(found)"
        )
        == "[(True, 0.5)]\n"
    )
    assert (
        cell("""
bench.state.move(alpha=0.55)
print(pool.submit(lambda: bench.exact.wait(0.2)).result(), bench.exact.point.magnet.alpha)
print(bench.exact.wait(240), bench.exact.point.magnet.alpha)
bench.close()
""")
        == "False 0.5\nTrue 0.55\n"
    )


@pytest.mark.parametrize("where", ["script", "loop", "loop that has ended", "thread"])
def test_wait_hands_over_wherever_it_is_called(where: str) -> None:
    state = ExplorerState()

    def explore() -> tuple[Exact, Following]:
        exact = Exact(state, with_map=False)
        return exact, Following(exact, lambda point, cancelled: iter([point.magnet.alpha]))

    def look(exact: Exact, following: Following) -> None:
        for alpha in (0.3, 0.6):
            assert state.move(alpha=alpha)
            assert following.wait(PATIENCE)
            assert following.result is not None
            assert following.result.value == alpha
            assert exact.wait(PATIENCE)
            assert exact.point is not None
            assert exact.point.magnet.alpha == alpha

    async def inside() -> None:
        look(*explore())

    async def begin() -> tuple[Exact, Following]:
        return explore()

    async def beside() -> None:
        await asyncio.get_running_loop().run_in_executor(None, look, *explore())

    if where == "script":
        look(*explore())
    elif where == "loop that has ended":
        look(*asyncio.run(begin()))
    else:
        asyncio.run(inside() if where == "loop" else beside())


def test_what_is_stopped_or_fails_is_not_passed_off_as_present(monkeypatch: pytest.MonkeyPatch) -> None:
    from slls_widgets import fokker_planck

    def refused(*_args: object, **_options: object) -> None:
        raise ValueError("no")

    state = ExplorerState()
    exact = Exact(state, with_map=False)

    def compute(point: Point, cancelled: Callable[[], bool]) -> Iterator[float]:
        yield point.magnet.alpha

    following = Following(exact, compute)
    assert exact.wait(PATIENCE)
    monkeypatch.setattr(fokker_planck, "steady_state", refused)
    state.move(alpha=0.6)
    assert not exact.wait(120)
    assert not following.wait(120)
    monkeypatch.undo()
    state.move(alpha=0.7)
    assert following.wait(PATIENCE)
    assert exact.wait(PATIENCE)
    exact.stop()
    assert not exact.wait(120)
    following.close()
    exact.close()


def test_nothing_older_follows_what_an_observer_waited_for() -> None:
    """A callback that has newer results handed over, while older ones still stand behind it."""
    seen: list[str] = []

    async def main() -> None:
        dispatcher = Dispatcher()

        def first() -> None:
            newer = threading.Thread(target=lambda: dispatcher.post("value", lambda: seen.append("new")))
            newer.start()
            newer.join()
            dispatcher.flush()

        dispatcher.post("first", first)
        dispatcher.post("value", lambda: seen.append("old"))
        await asyncio.sleep(0.01)
        dispatcher.post("value", lambda: seen.append("later"))
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert seen == ["new", "later"]


@pytest.mark.parametrize("closes", [False, True])
def test_a_loop_that_ends_meanwhile_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    """It is asked to run the callbacks in its last round, too late for them, or when it is closed already."""
    loop, asked, ended = asyncio.new_event_loop(), threading.Event(), threading.Event()
    seen: list[str | bool] = []
    ask = loop.call_soon_threadsafe

    async def make() -> Dispatcher:
        return Dispatcher()

    def last_round() -> None:
        loop.stop()
        dispatcher.post("value", lambda: seen.append("posted"))
        monkeypatch.setattr(loop, "call_soon_threadsafe", late)
        waiting.start()
        asked.wait(PATIENCE)

    def late(*arguments: Any) -> None:
        if closes:
            asked.set()
            ended.wait(PATIENCE)
        ask(*arguments)
        asked.set()

    dispatcher = loop.run_until_complete(make())
    waiting = threading.Thread(target=lambda: seen.append(dispatcher.flush(10.0)))
    loop.call_soon(last_round)
    loop.run_forever()
    if closes:
        loop.close()
    ended.set()
    waiting.join(PATIENCE)
    loop.close()
    assert seen == ["posted", True]
