"""Servers to start and pages to watch: what the fixtures of ``browser/conftest.py`` are made of."""

from __future__ import annotations

import math
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
# Console errors that are not ours, by their exact text, each with its reason. None so far.
ALLOWED: frozenset[str] = frozenset()


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    port: int
    path: Path

    def log(self) -> str:
        return self.path.read_text(errors="replace")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def obey_ctrl_c() -> None:
    """Undo what a shell does to its background jobs, which ignore Ctrl-C, as do the programs they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(command: list[str], port: int, log: Path, probe: str = "", **options: Any) -> Server:
    """Start a server and wait until ``probe`` (a path) answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            **{"preexec_fn": obey_ctrl_c, **options},
        )
    server = Server(process, f"http://localhost:{port}/", port, log)
    deadline = time.monotonic() + 240  # a busy machine takes minutes
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{command} ended with {process.returncode}:\n{server.log()}")
        try:
            with urllib.request.urlopen(server.url + probe, timeout=60):
                return server
        except OSError:
            time.sleep(0.2)
    server.stop()
    raise RuntimeError(f"{command} did not answer:\n{server.log()}")


def watch(page: Any) -> list[str]:
    """Collect what goes wrong in a page."""
    problems: list[str] = []

    def on_console(message: Any) -> None:
        if message.type == "error" and message.text not in ALLOWED:
            problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def on_request(request: Any) -> None:
        if request.url.startswith(("http:", "https:")):
            host = request.url.split("/")[2].rsplit(":", 1)[0]
            if host not in ("localhost", "127.0.0.1"):
                problems.append(f"request to {host}: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    page.on("request", on_request)
    return problems


def wait_for_app(page: Any) -> None:
    """Wait until the skeleton has given way to widgets; where it does not, tell what the page says."""
    try:
        page.wait_for_selector("#rendered_cells .jupyter-widgets", state="visible")
    except Exception as error:
        error.add_note(f"The page says: {page.inner_text('body')!r}; problems: {page.problems}")
        raise
    page.wait_for_selector("#slls-skeleton", state="detached")


def ready(page: Any) -> None:
    """Wait until curves and map are drawn and current."""
    page.wait_for_selector(".slls-badge:not(:has-text('computing'))")
    page.wait_for_function(
        "() => document.querySelectorAll('.slls-card.stale').length === 0 && document.querySelector('image')"
    )


def at(page: Any, **point: float) -> None:
    """Wait until the dials show a point: that of a link arrives after the page was drawn at the usual one."""
    if "theta" in point:
        point["theta"] = math.degrees(point["theta"])
    page.wait_for_function(
        """point => Object.entries(point).every(([name, value]) =>
            Math.abs(document.querySelector(`.dial-${name} .number`)?.value - value)
                <= 5e-3 * Math.abs(value))""",
        arg=point,
    )


def run(page: Any) -> None:
    """Let the simulation run, and wait until the page says that it does."""
    page.click(".slls-app .run")
    page.wait_for_selector(".slls-app .run:has-text('Pause')")


def pause(page: Any) -> None:
    """Pause the simulation. A click whose answer nobody awaits would be undone by the next one."""
    page.click(".slls-app .run")
    page.wait_for_selector(".slls-app .run:has-text('Run')")


def choose(page: Any, name: str) -> None:
    """Press an item of the download menu."""
    page.get_by_role("button", name="Download").click()
    page.get_by_role("menuitem", name=name).click()


def as_found(page: Any) -> None:
    """Bring an app back to what a visitor finds, whatever a test has done: a page of its own takes longer."""
    page.keyboard.press("Escape")
    if page.locator(".slls-story:not(.hidden)").count():
        page.get_by_role("button", name="✕", exact=True).click()
        page.wait_for_selector(".slls-story", state="hidden")
    if page.locator(".slls-pin.mod-active").count():
        page.click(".slls-pin")
        page.wait_for_selector(".slls-pin:not(.mod-active)")
    if "Pause" in page.inner_text(".run"):
        pause(page)
    for menu in (".map-quantity", ".rates-axis", ".units"):
        page.locator(f"{menu} select").select_option(index=0)
    page.get_by_role("button", name="one trajectory", exact=True).click()
    page.wait_for_selector(".dial-alpha .number")
    page.get_by_role("button", name="refrigerator", exact=True).click()
    at(page, alpha=0.42, nu=3 / 0.42, delta=math.sqrt(0.75), theta=math.radians(34))
    page.click(".reset")
    ready(page)


def still(locator: Any) -> Any:
    """Where something is, once the page has found its final layout: a scroll bar comes and goes."""
    before = None
    while (box := locator.bounding_box()) != before:
        before = box
        locator.page.wait_for_timeout(500)
    return box


def open_notebook(page: Any) -> Any:
    """Wait until JupyterLab has opened the notebook of its address."""
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    return page


def run_all(page: Any) -> None:
    """Run every cell of the notebook that is open in JupyterLab, and wait until each has run."""
    # Lab calls itself idle before it has a kernel; the status bar names the kernel's state once there is one.
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    # A stored notebook has its numbers already: they must be seen to go before they count.
    prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].map(at => at.textContent)"
    page.wait_for_function(f"() => {prompts}.some(text => text.includes('*'))")
    page.wait_for_function(
        rf"() => {prompts}.every(text => /\[\d+\]/.test(text))"
        " && document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]')",
        timeout=240_000,
    )


# Count from now on, in window.pings, how often a page tells its server that it is there.
COUNT_PINGS = """() => {
    window.pings = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
        const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
        if (/"type":\\s*"ping"/.test(text)) window.pings += 1;
        return send.call(this, data);
    };
}"""

# What an eye would read off a page: places in pixels, turned into α and θ by the ticks of their axes.
_READ = """root => {
    const middle = (box, k) => k ? (box.top + box.bottom) / 2 : (box.left + box.right) / 2;
    const axes = card => [...card.querySelectorAll('.bqplot .axis')].slice(0, 2).map((axis, k) => {
        const ticks = [...axis.querySelectorAll('.tick')].map(tick => [
            Number(tick.textContent.replace('\u2212', '-')),
            middle(tick.querySelector('line').getBoundingClientRect(), k)]);
        const [[a, p], [b, q]] = [ticks[0], ticks.at(-1)];
        return pixel => a + (pixel - p) / (q - p) * (b - a);
    });
    const alone = root.matches('.slls-card');
    const rates = alone ? root : root.querySelector('.slls-card:has(.rates-axis)');
    const [alpha, rate] = axes(rates);
    const curve = [...rates.querySelectorAll('.bqplot path.line')].filter(path =>
        path.style.stroke === 'var(--pumped)' && path.getAttribute('d').length > 500).at(-1);
    const [box, own] = [curve.getBoundingClientRect(), curve.getBBox()];
    const points = [...Array(2000).keys()].map(k => {
        const {x, y} = curve.getPointAtLength(curve.getTotalLength() * k / 1999);
        return [alpha(box.left + (x - own.x) / own.width * box.width),
            rate(box.top + (y - own.y) / own.height * box.height)];
    });
    const crossing = points.findIndex(([_, y], k) => k && Math.sign(y) !== Math.sign(points[k - 1][1]));
    const marks = [...rates.querySelectorAll('.slls-overlay-mark')];
    const mark = marks.find(each => each.innerText.startsWith('S'));
    const band = rates.querySelector('.slls-overlay-band.heat_pump').getBoundingClientRect();
    const map = root.querySelector('.slls-card:has(.map-quantity)');
    const onMap = map && axes(map);
    const place = node => onMap.map((scale, k) => scale(middle(node.getBoundingClientRect(), k)));
    const image = map?.querySelector('.bqplot image').getBoundingClientRect();
    const canvas = root.querySelector('.slls-sphere-stage canvas');
    const sphere = canvas?.getBoundingClientRect();
    return {
        crossing: points[crossing]?.[0],
        mark: alpha(mark.getBoundingClientRect().left),
        band: [alpha(band.left), alpha(band.right)],
        point: map && place(map.querySelector('.slls-overlay-point')),
        names: map && [...map.querySelectorAll('.slls-overlay-names span')].map(
            node => [node.innerText, ...place(node)]),
        image: map && ['left', 'right', 'bottom', 'top'].map((edge, k) => onMap[k >> 1](image[edge])),
        round: canvas && (sphere.width / canvas.width) / (sphere.height / canvas.height),
        numbers: [...root.querySelectorAll('.slls-parameter .number')].map(each => each.offsetWidth),
    };
}"""


def read_off(page: Any, app: str = ".slls-app") -> dict[str, Any]:
    """What can be read off an app's pictures, in the units of their axes; ``app`` selects the first match.

    Plots are drawn and moved in several frames: what counts is what two looks in a row have shown.
    """
    at_rest = f"""root => {{
        const read = ({_READ})(root);
        const [now, before] = [JSON.stringify(read), root.dataset.read];
        root.dataset.read = now;
        return now === before && read.crossing !== undefined && read;
    }}"""
    root = page.locator(app).first.element_handle()
    found: dict[str, Any] = page.wait_for_function(at_rest, arg=root, polling=100).json_value()
    return found
