"""The command line: ``slls app | lab | solve | simulate | info``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .macrospin import Macrospin, nu_at_fixed_torque
from .serving import hosting

__all__ = ["main"]

_EXAMPLES = {
    "": """examples:
  slls app                                     the app, in a browser
  slls solve --alpha 0.5 --nu 10 --theta 0.7   one exact point
  slls simulate --alpha 0.5 --nu 10            the same by simulation
""",
    "app": """examples:
  slls app
  slls app --port 9000 --no-browser
  slls app --public                            for others on your network
  slls app --public --behind-proxy --base-url /magnet/
""",
    "lab": """examples:
  slls lab
  slls lab --port 9000 --no-browser
  slls lab -- --allow-root                     options after -- go to JupyterLab
""",
    "solve": """examples:
  slls solve --alpha 0.5 --nu 10 --delta 0.866 --theta 0.7
  slls solve --alpha -0.3 --alpha-nu 3 --json
""",
    "simulate": """examples:
  slls simulate --alpha 0.5 --nu 10 --theta 0.7 --trajectories 512 --duration 20
  slls simulate --alpha 0.5 --nu 2 --scheme euler --dt 1e-4 --json
""",
    "info": """examples:
  slls info
  slls info --json
""",
}
_PACKAGES = ("numpy", "numba", "scipy", "xarray", "ipywidgets", "bqplot", "anywidget", "jupyterlab", "voila")


class _Parser(argparse.ArgumentParser):
    """Errors take one line, as everywhere else in this program."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, or 2 with one line on standard error.

    Examples
    --------
    >>> main(["solve", "--alpha", "0.5", "--nu", "0"])
    2
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(_join_negative_numbers(tokens))
    try:
        code: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options.debug:
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"slls {options.command}: {text}", file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _command(None, "", "Explore a nano-magnet that pumps entropy.")
    parser.add_argument("--version", action="version", version=f"slls-widgets {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command", parser_class=_Parser)

    app = _command(commands, "app", "open the app in a browser")
    _server_options(app, 8866)
    hosting.add_arguments(app)
    app.add_argument("--notebook", type=Path, help=argparse.SUPPRESS)
    app.set_defaults(run=_app, host=None)

    lab = _command(commands, "lab", "open the notebooks in JupyterLab")
    _server_options(lab, 8888)
    lab.add_argument("rest", nargs="*", metavar="-- OPTION", help="options for JupyterLab itself")
    lab.set_defaults(run=_lab)

    solve = _command(commands, "solve", "one exact point of the steady state")
    _magnet_options(solve)
    solve.add_argument("--tol", type=float, default=1e-8, help="largest error allowed (1e-8)")
    solve.set_defaults(run=_solve)

    simulate = _command(commands, "simulate", "the same point by simulation, with standard errors")
    _magnet_options(simulate)
    simulate.add_argument("--trajectories", type=int, default=256, help="(256)")
    simulate.add_argument("--duration", type=float, default=50.0, help="in 1/(eta T) (50)")
    simulate.add_argument("--dt", type=float, help="step in 1/(eta T) (chosen for the scheme)")
    simulate.add_argument("--scheme", default="moebius", help="moebius, heun or euler (moebius)")
    simulate.add_argument("--seed", type=int, default=0, help="(0)")
    simulate.add_argument("--threads", type=int, help="(all)")
    simulate.set_defaults(run=_simulate)

    info = _command(commands, "info", "versions, threads and caches, for a bug report")
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(run=_info)
    return parser


def _command(commands: Any, name: str, what: str) -> argparse.ArgumentParser:
    settings: dict[str, Any] = {
        "description": what[0].upper() + what[1:].rstrip(".") + ".",
        "epilog": _EXAMPLES[name],
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }
    if commands is None:
        return _Parser(prog="slls", **settings)
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, **settings)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _server_options(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument("--host", "--ip", default="localhost", help="address to listen on (localhost)")
    parser.add_argument("--port", type=_port, default=port, help=f"port, 0 for any free one ({port})")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")


def _magnet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--alpha", type=float, required=True, help="torque over field, signed")
    field = parser.add_mutually_exclusive_group(required=True)
    field.add_argument("--nu", type=float, help="field over temperature")
    field.add_argument("--alpha-nu", type=float, help="fixed |alpha| nu, in place of nu")
    parser.add_argument("--delta", type=float, default=3**0.5 / 2, help="damping over precession (0.866)")
    parser.add_argument("--theta", type=float, default=0.0, help="angle between P and H, in radians (0)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a whole number from 0 to 65535; got {text!r}")
    return port


def _join_negative_numbers(tokens: list[str]) -> list[str]:
    """``--alpha -1e-3`` -> ``--alpha=-1e-3``: argparse takes only plain decimals for negative numbers."""
    joined: list[str] = []
    for token in tokens:
        if joined and joined[-1].startswith("--") and "=" not in joined[-1] and _is_negative_number(token):
            joined[-1] += f"={token}"
        else:
            joined.append(token)
    return joined


def _is_negative_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return token.startswith("-")


def _magnet(options: argparse.Namespace) -> Macrospin:
    nu = options.nu
    if nu is None:
        nu = nu_at_fixed_torque(options.alpha, options.alpha_nu)
    return Macrospin(alpha=options.alpha, nu=nu, delta=options.delta, theta=options.theta)


def _app(options: argparse.Namespace) -> int:
    from .serving import server, settings

    notebook = options.notebook or settings.notebooks_dir() / settings.APP_NOTEBOOK
    if not notebook.is_file():
        raise FileNotFoundError(f"there is no notebook {notebook}")
    offered = hosting.from_options(options)
    browser = not (options.no_browser or options.public)
    server.serve(notebook, offered, browser=browser, debug=options.debug)
    return 0


def _lab(options: argparse.Namespace) -> int:
    from jupyterlab.labapp import LabApp

    from .serving import server, settings

    port = server.claim_port(options.host, options.port)
    settings.one_blas_thread()
    folder = settings.notebooks_dir()
    if folder.parent == Path(__file__).parent:
        # Never edit the installed package: work on a copy in the current folder.
        copy = Path.cwd() / "slls-notebooks"
        for notebook in sorted(folder.glob("*.ipynb")):
            if not (copy / notebook.name).exists():
                copy.mkdir(exist_ok=True)
                shutil.copyfile(notebook, copy / notebook.name)
        folder = copy
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.ip={options.host}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
    ]
    if options.no_browser:
        arguments.append("--ServerApp.open_browser=False")
    LabApp.launch_instance([*arguments, *options.rest])  # type: ignore[no-untyped-call]
    return 0


def _solve(options: argparse.Namespace) -> int:
    magnet = _magnet(options)
    from . import steady_state

    state = steady_state(magnet, tol=options.tol)
    values = {name: float(getattr(state, name)) for name in ("S_P", "S_B", "Sigma", "Delta_P")}
    errors = {name: float(state.errors[name]) for name in values}
    if options.json:
        _print_json(
            parameters=_parameters(magnet),
            values=values,
            errors=errors,
            phase=str(state.phase),
            certificate=float(state.certificate),
        )
        return 0
    _print_header(magnet)
    for name, value in values.items():
        print(f"  {name:8s} {value: .12g}   within {errors[name]:.1e}")
    print(f"  {'phase':8s} {str(state.phase).replace('_', ' ')}")
    print("Rates are in units of eta T.")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    magnet = _magnet(options)
    from . import simulate

    run = simulate(
        magnet,
        trajectories=options.trajectories,
        duration=options.duration,
        dt=options.dt,
        scheme=options.scheme,
        seed=options.seed,
        threads=options.threads,
    )
    names = ("S_P", "S_B", "Sigma", "Delta_P")
    values = {name: float(getattr(run, name).value) for name in names}
    errors = {name: float(getattr(run, name).stderr) for name in names}
    speed = float(run.steps_per_second)
    if options.json:
        _print_json(
            parameters=_parameters(magnet),
            values=values,
            standard_errors=errors,
            scheme=options.scheme,
            seed=options.seed,
            steps_per_second=speed,
        )
        return 0
    _print_header(magnet)
    for name, value in values.items():
        print(f"  {name:8s} {value: .6g} +- {errors[name]:.2g}")
    print(f"{options.trajectories} trajectories, {speed:.3g} steps/s. Rates are in units of eta T.")
    return 0


def _info(options: argparse.Namespace) -> int:
    numba = import_module("numba.core.config")

    from .serving.settings import notebooks_dir

    versions = {"slls-widgets": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    details = {
        "platform": platform.platform(),
        "threads": numba.NUMBA_NUM_THREADS,
        "numba_cache": numba.CACHE_DIR or "beside the package (__pycache__)",
        "numba_cpu": numba.CPU_NAME or "this machine's own",
        "notebooks": str(notebooks_dir()),
    }
    if options.json:
        _print_json(versions=versions, **details)
        return 0
    for name, value in {**versions, **details}.items():
        print(f"{name:14s} {value}")
    return 0


def _parameters(magnet: Macrospin) -> dict[str, float]:
    return {"alpha": magnet.alpha, "nu": magnet.nu, "delta": magnet.delta, "theta": magnet.theta}


def _print_header(magnet: Macrospin) -> None:
    print(", ".join(f"{name} = {value:.6g}" for name, value in _parameters(magnet).items()))


def _print_json(**content: Any) -> None:
    print(json.dumps(content, indent=2))


if __name__ == "__main__":
    raise SystemExit(main())
