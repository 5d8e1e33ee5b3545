"""The whole state as a query string, and back.

A query can only become bounded numbers and words of a fixed list: whatever else it holds is refused with a
message. Angles are in radians.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ..magnet.macrospin import Macrospin
from .pin import Pin
from .state import Hold, Quantity, Settings, Snapshot
from .story import step_at
from .units import Sample, Units

__all__ = ["BadLink", "from_query", "open_link", "to_query"]

_LONGEST_QUERY = 2000
_POINT = ("alpha", "nu", "delta", "theta")
# Names of the sample's fields in a link.
_SAMPLE = {
    "Ms": "magnetisation_si",
    "diameter": "diameter_si",
    "thickness": "thickness_si",
    "T": "temperature_si",
    "p": "polarisation",
}


class _Look(StrEnum):
    LINEAR = "linear"
    LOG = "log"


class BadLink(ValueError):
    """A query string that does not describe a state; the message names the value and what is legal."""


def to_query(snapshot: Snapshot) -> str:
    """The query string of a snapshot, without the question mark.

    Examples
    --------
    >>> to_query(Snapshot())[:39]
    'alpha=0.42&nu=7.142857142857143&delta=0'
    """
    magnet, settings = snapshot.magnet, snapshot.settings
    pairs: dict[str, Any] = {name: repr(getattr(magnet, name)) for name in _POINT}
    pairs |= {
        "hold": snapshot.hold.value,
        "map": snapshot.quantity.value,
        "alpha_max": repr(snapshot.alpha_max),
        "trajectories": settings.trajectories,
        "dt": "auto" if settings.dt is None else repr(settings.dt),
        "scheme": settings.scheme,
        "seed": settings.seed,
        "rates": "log" if snapshot.log_rates else "linear",
        "units": snapshot.units.value,
    }
    if snapshot.pin is not None:
        numbers = (repr(getattr(snapshot.pin.magnet, name)) for name in _POINT)
        pairs["pin"] = ",".join([*numbers, Hold.ALPHA_NU if snapshot.pin.torque else Hold.NU])
    if snapshot.story:
        pairs["story"] = snapshot.story
    if snapshot.units is Units.SI or snapshot.sample != Sample():
        pairs |= {name: repr(getattr(snapshot.sample, field)) for name, field in _SAMPLE.items()}
    return urlencode(pairs)


def from_query(query: str, default: Snapshot | None = None) -> Snapshot:
    """The snapshot that a query string describes; what it leaves out comes from ``default``.

    Raises
    ------
    BadLink
        If a known name carries an illegal value. Unknown names are ignored: other tools add their own.

    Examples
    --------
    >>> from_query("?alpha=0.5&nu=10").magnet.alpha
    0.5
    >>> from_query("nu=-3")
    Traceback (most recent call last):
        ...
    slls_widgets.explore.permalink.BadLink: nu must be > 0 (field over temperature); got -3.0
    """
    default = default or Snapshot()
    if len(query) > _LONGEST_QUERY:
        raise BadLink(f"a link holds at most {_LONGEST_QUERY} characters; got {len(query)}")
    given = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
    try:
        # A step of the story is a place by itself; what else the link says goes before it.
        story = _whole("story", given["story"]) if "story" in given else default.story
        default = step_at(story, default) if "story" in given and story else replace(default, story=story)
        magnet = Macrospin(
            **{
                name: _number(name, given[name]) if name in given else getattr(default.magnet, name)
                for name in _POINT
            }
        )
        snapshot = replace(
            default,
            magnet=magnet,
            hold=_word(Hold, "hold", given, default.hold),
            quantity=_word(Quantity, "map", given, default.quantity),
            alpha_max=_alpha_max(given, default, magnet),
            settings=_settings(given, default.settings),
            units=_word(Units, "units", given, default.units),
            log_rates=_word(_Look, "rates", given, _Look.LOG if default.log_rates else _Look.LINEAR)
            is _Look.LOG,
            sample=_sample(given, default.sample),
            pin=_pin(given["pin"]) if "pin" in given else default.pin,
        )
        if snapshot.hold is Hold.ALPHA_NU and magnet.alpha == 0.0:
            snapshot = replace(snapshot, hold=Hold.NU)
    except ValueError as error:
        raise BadLink(str(error)) from None
    return snapshot


def open_link(link: str) -> tuple[Snapshot, str]:
    """The snapshot that an address or a query describes, and a message: what is wrong with it, if anything.

    A bad link describes the usual start.

    Examples
    --------
    >>> snapshot, message = open_link("https://example.org/app?alpha=0.7&nu=4#top")
    >>> snapshot.magnet.alpha, snapshot.magnet.nu, message
    (0.7, 4.0, '')
    >>> open_link("?seed=x")[1]
    "This link has an invalid value, so the usual start is shown: seed must be a whole number; got 'x'."
    """
    address, mark, query = link.partition("#")[0].partition("?")
    try:
        return from_query(query if mark else address), ""
    except BadLink as error:
        return Snapshot(), f"This link has an invalid value, so the usual start is shown: {error}."


def _alpha_max(given: Mapping[str, str], default: Snapshot, magnet: Macrospin) -> float:
    wanted = _number("alpha_max", given["alpha_max"]) if "alpha_max" in given else default.alpha_max
    if not 0.01 <= wanted <= 100.0:
        raise BadLink(f"alpha_max must lie between 0.01 and 100; got {wanted!r}")
    return max(wanted, min(abs(magnet.alpha), 100.0))


def _settings(given: Mapping[str, str], default: Settings) -> Settings:
    changes: dict[str, Any] = {}
    readers: dict[str, Callable[[str], Any]] = {
        "trajectories": lambda text: _whole("trajectories", text),
        "dt": lambda text: None if text == "auto" else _number("dt", text),
        "scheme": str,
        "seed": lambda text: _whole("seed", text),
    }
    for name, read in readers.items():
        if name in given:
            changes[name] = read(given[name])
    return replace(default, **changes)


def _sample(given: Mapping[str, str], default: Sample) -> Sample:
    changes = {field: _number(name, given[name]) for name, field in _SAMPLE.items() if name in given}
    return replace(default, **changes)


def _pin(text: str) -> Pin:
    parts = text.split(",")
    if len(parts) != len(_POINT) + 1:
        raise BadLink(f"pin must be alpha,nu,delta,theta and nu or alpha_nu; got {text[:40]!r}")
    magnet = Macrospin(**{name: _number(name, part) for name, part in zip(_POINT, parts, strict=False)})
    hold: Hold = _word(Hold, "pin", {"pin": parts[-1]}, None)
    return Pin(magnet, hold is Hold.ALPHA_NU)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadLink(f"{name} must be a number; got {text[:40]!r}") from None
    if not math.isfinite(value):
        raise BadLink(f"{name} must be a finite number; got {text[:40]!r}")
    return value


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadLink(f"{name} must be a whole number; got {text[:40]!r}")
    return int(text)


def _word(kind: type[Any], name: str, given: Mapping[str, str], default: Any) -> Any:
    if name not in given:
        return default
    words = [member.value for member in kind]
    if given[name] not in words:
        raise BadLink(f"{name} must be one of {', '.join(map(repr, words))}; got {given[name][:40]!r}")
    return kind(given[name])
