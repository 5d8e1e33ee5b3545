"""Messages that mean no good to the server, in both of Jupyter's protocols, made from a seed."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator

__all__ = ["COUNTS", "hostile", "v1"]

# Lengths and counts that lie: negative, huge, one too many.
COUNTS = (
    0,
    1,
    2,
    5,
    7,
    64,
    1000,
    50_000_000,
    1 << 28,
    1 << 31,
    (1 << 32) - 1,
    1 << 62,
    1 << 63,
    (1 << 64) - 1,
)
HEADER = {"msg_id": "1", "msg_type": "comm_msg", "session": "s", "username": "", "version": "5.3", "date": ""}
CONTENT = {"comm_id": "no such", "data": {}}
WHOLE = {"header": HEADER, "parent_header": {}, "content": CONTENT, "channel": "shell"}
ODD: list[bytes] = [
    *(b"", b"\xff\xfe", b"{", b"[]", b"null", b"5", b'"x"', b"NaN", b'{"a":}', b"\x00" * 9),
    *(b"[" * 20_000, b'{"a":' * 5_000, b"9" * 5000, b'{"msg_type": 5}', b'{"msg_type": ["comm_msg"]}'),
    *(b'{"msg_type": "comm_msg"}', json.dumps({**HEADER, "msg_id": None}).encode()),
]


def v1(
    parts: list[bytes], channel: bytes = b"shell", count: int | None = None, offsets: list[int] | None = None
) -> bytes:
    """A message of the v1 protocol; count and offsets may say something else than what is there."""
    pieces = [channel, *parts]
    true = [8 * (len(pieces) + 2)]
    for piece in pieces:
        true.append(true[-1] + len(piece))
    told = true if offsets is None else offsets
    head = struct.pack("<Q", (len(told) if count is None else count) % (1 << 64))
    return head + b"".join(struct.pack("<Q", one % (1 << 64)) for one in told) + b"".join(pieces)


def _good_parts() -> list[bytes]:
    return [json.dumps(part).encode() for part in (HEADER, {}, {}, CONTENT)]


def hostile(seed: int, number: int) -> Iterator[str | bytes]:
    """So many messages, each of a kind drawn at random."""
    dice = random.Random(seed)
    for _ in range(number):
        yield dice.choice(_KINDS)(dice)


def _noise(dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice((0, 1, 4, 7, 8, 9, 16, 100, 1000)))


def _count_alone(dice: random.Random) -> bytes:
    order = dice.choice(("<Q", "!I", "!i", ">Q"))
    size = 8 * struct.calcsize(order)
    count = dice.choice(COUNTS) % (1 << size - (order == "!i"))
    return struct.pack(order, count) + dice.randbytes(dice.choice((0, 1, 40)))


def _v1_false_count(dice: random.Random) -> bytes:
    return v1(_good_parts(), count=dice.choice(COUNTS))


def _v1_false_offsets(dice: random.Random) -> bytes:
    offsets = [dice.choice((*COUNTS, 56, 61, 200, 300, -1)) for _ in range(dice.choice((2, 6, 7, 60)))]
    if dice.random() < 0.5:
        offsets[0] = 8 * (len(offsets) + 1)
    return v1(_good_parts(), offsets=offsets)


def _v1_odd_part(dice: random.Random) -> bytes:
    parts = _good_parts()
    parts[dice.randrange(4)] = dice.choice(ODD)
    return v1(parts[: dice.choice((2, 4, 4, 4))])


def _v1_odd_channel(dice: random.Random) -> bytes:
    return v1(_good_parts(), channel=dice.choice((b"", b"\xff", b"control", b"iopub", b"x" * 1000, b"stdin")))


def _v1_in_order(dice: random.Random) -> bytes:
    return v1([*_good_parts(), *([dice.randbytes(9)] * dice.choice((0, 1, 64)))])


def _legacy_binary(dice: random.Random) -> bytes:
    body = json.dumps(
        {"header": HEADER, "parent_header": {}, "content": CONTENT, "channel": "shell"}
    ).encode()
    count = dice.choice((1, 2, *COUNTS)) % (1 << 31)
    offsets = [dice.choice((8, 12, 1 << 31, (1 << 32) - 1)) for _ in range(min(count, 3))]
    return struct.pack(f"!i{len(offsets)}I", count, *offsets) + body


def _legacy_text(dice: random.Random) -> str:
    whole = json.dumps(WHOLE)
    return dice.choice((whole, whole[:-5], *(part.decode(errors="replace") for part in ODD)))


_KINDS = (
    *(_noise, _count_alone, _v1_false_count, _v1_false_offsets, _v1_odd_part, _v1_odd_channel, _v1_in_order),
    *(_legacy_binary, _legacy_text),
)
