"""A message from a page, checked against its own length before anything is allocated or looped over.

Jupyter's reader believes the counts and offsets that a message announces: eight bytes could keep it busy for
ever. Messages that pass this check are safe to give to it.
"""

from __future__ import annotations

import itertools
import json
import struct

__all__ = ["PROTOCOL", "NotAMessage", "check"]

# The one protocol that the app's page speaks: a count, so many offsets, then the parts one after the other
# (channel, header, parent header, metadata, content, buffers), all integers with 8 bytes, little-endian.
PROTOCOL = "v1.kernel.websocket.jupyter.org"
# Offsets of a message without buffers: those of its five parts, and of its end.
FEWEST_OFFSETS = 6
# A widget's page sends one buffer for each array, and the app's page sends none.
MOST_BUFFERS = 64


class NotAMessage(ValueError):
    """What came is no message to a kernel; the text says why, in a few words and none of the sender's."""


def check(message: str | bytes) -> None:
    """Check that a message has the form of the v1 protocol.

    The work is bounded by the length of the message, whatever it says of itself.

    Parameters
    ----------
    message : str or bytes
        What came over the websocket.

    Raises
    ------
    NotAMessage
        If it is text, if its offsets do not add up to its length, or if it is not four JSON objects for a
        channel that a page may use.
    """
    if isinstance(message, str):
        raise NotAMessage("text, where the protocol is binary")
    if len(message) < 8:
        raise NotAMessage("shorter than a count")
    (count,) = struct.unpack_from("<Q", message)
    if not FEWEST_OFFSETS <= count <= FEWEST_OFFSETS + MOST_BUFFERS:
        raise NotAMessage("a count of parts that no message has")
    start = 8 * (count + 1)
    if len(message) < start:
        raise NotAMessage("shorter than its offsets")
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    if offsets[0] != start or offsets[-1] != len(message) or list(offsets) != sorted(offsets):
        raise NotAMessage("offsets that do not divide it")
    # What the page has to say to its kernel goes over this channel; the kernel's control is not for it.
    if message[offsets[0] : offsets[1]] != b"shell":
        raise NotAMessage("for a channel that is closed to pages")
    header, *_ = [_object(message[a:b]) for a, b in itertools.pairwise(offsets[1:6])]
    for name in ("msg_id", "msg_type", "session"):
        if not isinstance(header.get(name), str):
            raise NotAMessage(f"a header without {name}")


def _object(part: bytes) -> dict[str, object]:
    try:
        value = json.loads(part)
    except (ValueError, RecursionError):
        raise NotAMessage("parts that are not JSON") from None
    if not isinstance(value, dict):
        raise NotAMessage("parts that are not JSON objects")
    return value
