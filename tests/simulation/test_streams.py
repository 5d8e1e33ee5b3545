"""The generator against an independent one in Python's integers, and a short statistical battery."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from slls_widgets.simulation.streams import fill_normals, fill_words, generator_states

Words = NDArray[np.uint64]
MASK = 2**64 - 1


def xoshiro256pp(state: list[int]) -> Iterator[int]:
    def rotl(x: int, k: int) -> int:
        return ((x << k) | (x >> (64 - k))) & MASK

    s = list(state)
    while True:
        yield (rotl((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)


def draw(states: Words, count: int) -> Words:
    """Words of each lane, shape (count, lanes)."""
    s0, s1, s2, s3 = (row.copy() for row in states)
    words = np.empty((count, states.shape[1]), np.uint64)
    with np.errstate(over="ignore"):
        for row in words:
            fill_words(s0, s1, s2, s3, row)
    return words


def test_words_are_those_of_the_published_algorithm() -> None:
    states = generator_states(11, 3, 8)
    words = draw(states, 50)
    for lane in (0, 7):
        reference = xoshiro256pp([int(word) for word in states[:, lane]])
        assert [int(word) for word in words[:, lane]] == [next(reference) for _ in range(50)]


def test_first_word_of_a_known_state() -> None:
    # State (1, 2, 3, 4): rotl(1 + 4, 23) + 1.
    words = draw(np.array([[1], [2], [3], [4]], np.uint64), 1)
    assert int(words[0, 0]) == (5 << 23) + 1


def test_seeds_chunks_and_lanes_all_differ() -> None:
    states = [generator_states(seed, chunk, 64) for seed in (0, 1) for chunk in (0, 1, 2)]
    assert len({tuple(column) for state in states for column in state.T.tolist()}) == 6 * 64


def test_normals_have_the_moments_of_normals() -> None:
    # 2e5 draws each; |z| < 5 for 12 checks: false alarms 1e-5.
    s0, s1, s2, s3 = (row.copy() for row in generator_states(1, 0, 64))
    words, normals = np.empty(64, np.uint64), np.empty((3, 64))
    drawn = []
    with np.errstate(over="ignore"):
        for _ in range(3000):
            fill_normals(s0, s1, s2, s3, words, normals)
            drawn.append(normals.copy())
    x = np.array(drawn).transpose(1, 0, 2).reshape(3, -1)
    count = x.shape[1]
    assert np.abs(x.mean(axis=1) * math.sqrt(count)).max() < 5
    assert np.abs((np.mean(x**2, axis=1) - 1) * math.sqrt(count / 2)).max() < 5
    assert np.abs((np.mean(x**4, axis=1) - 3) * math.sqrt(count / 96)).max() < 5
    assert np.abs(np.corrcoef(x)[np.triu_indices(3, 1)] * math.sqrt(count)).max() < 5


# The battery: each test returns a z-score. 45 of them, |z| < 5: a sound generator fails one run in 40 000.
def z_chi2(counts: NDArray[np.int64], expected: float | NDArray[np.float64]) -> float:
    chi2 = float(np.sum((counts - expected) ** 2 / expected))
    freedom = counts.size - 1
    # Wilson and Hilferty: the cube root of chi² is close to normal.
    return ((chi2 / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))


def monobit(words: Words) -> float:
    ones = int(np.bitwise_count(words).sum(dtype=np.int64))
    bits = 64 * words.size
    return (2 * ones - bits) / math.sqrt(bits)


def bit_positions(words: Words) -> float:
    ones = np.array([int(np.count_nonzero(words & np.uint64(1 << k))) for k in range(64)])
    chi2 = float(np.sum((2 * ones - words.size) ** 2 / words.size))
    return (chi2 - 64) / math.sqrt(128)


def bytes_uniform(words: Words) -> float:
    return z_chi2(np.bincount(words.view(np.uint8), minlength=256), words.size * 8 / 256)


def serial_pairs(words: Words) -> float:
    high = (words >> np.uint64(56)).astype(np.intp)
    pairs = np.bincount(high[:-1:2] * 256 + high[1::2], minlength=65536)
    return z_chi2(pairs, pairs.sum() / 65536)


def fields_of_the_kick(words: Words) -> float:
    """All 27 outcomes of the three 21-bit fields."""
    digits = [
        np.digitize((words >> np.uint64(21 * k)) & np.uint64(2**21 - 1), [349525, 2**21 - 349525])
        for k in range(3)
    ]
    cells = np.bincount(digits[0] * 9 + digits[1] * 3 + digits[2], minlength=27)
    law = np.array([349525, 2**21 - 2 * 349525, 349525]) / 2**21
    return z_chi2(cells, words.size * np.einsum("i,j,k->ijk", law, law, law).ravel())


def runs(words: Words) -> float:
    bits = np.unpackbits(words.view(np.uint8))
    changes = int(np.count_nonzero(bits[1:] != bits[:-1]))
    return (changes - 0.5 * (bits.size - 1)) / math.sqrt(0.25 * (bits.size - 1))


def gaps(words: Words) -> float:
    hits = np.flatnonzero(words < np.uint64(2**61))
    lengths = np.minimum(np.diff(hits) - 1, 40)
    law = 0.125 * 0.875 ** np.arange(41)
    law[40] = 0.875**40
    return z_chi2(np.bincount(lengths, minlength=41), lengths.size * law)


def collisions(words: Words) -> float:
    """Birthday spacings on 32 bits: 4096 birthdays, Poisson(4) equal spacings, 32 groups and more."""
    groups = words[: words.size // 4096 * 4096].reshape(-1, 4096) >> np.uint64(32)
    spacings = np.sort(np.diff(np.sort(groups, axis=1), axis=1), axis=1)
    equal = int(np.count_nonzero(spacings[:, 1:] == spacings[:, :-1]))
    expected = 4.0 * len(groups)
    return (equal - expected) / math.sqrt(expected)


def matrix_ranks(words: Words) -> float:
    """Ranks of 64 x 64 bit matrices over GF(2): linear generators give themselves away here."""
    full = np.prod([1 - 0.5**k for k in range(1, 65)])
    law = np.array([full, 2 * full, 0.0])
    law[2] = 1 - law[:2].sum()
    counts = np.zeros(3, np.int64)
    for matrix in words[: 64 * 4000].reshape(-1, 64):
        basis: dict[int, int] = {}
        for row in matrix.tolist():
            while row and (top := row.bit_length()) in basis:
                row ^= basis[top]
            if row:
                basis[row.bit_length()] = row
        counts[min(64 - len(basis), 2)] += 1
    return z_chi2(counts, counts.sum() * law)


BATTERY = [
    monobit,
    bit_positions,
    bytes_uniform,
    serial_pairs,
    fields_of_the_kick,
    runs,
    gaps,
    collisions,
    matrix_ranks,
]


def interleaved(streams: list[Words], count: int) -> Words:
    """One word of each stream after another: what they have in common shows as a pattern in time."""
    return np.stack([draw(states, count) for states in streams], axis=-1).ravel()


SEQUENCES = {
    "along a lane": lambda: np.ascontiguousarray(draw(generator_states(2024, 0, 64), 32768).T).ravel(),
    "across lanes": lambda: draw(generator_states(2024, 0, 64), 32768).ravel(),
    "neighbouring seeds": lambda: interleaved([generator_states(seed, 0, 16) for seed in range(8)], 16384),
    "neighbouring chunks": lambda: interleaved([generator_states(0, chunk, 16) for chunk in range(8)], 16384),
    "seeds and chunks": lambda: interleaved(
        [generator_states(seed, chunk, 16) for seed in (1, 2, 3, 4) for chunk in (0, 1)], 16384
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("test", BATTERY, ids=lambda test: test.__name__)
def test_battery(test: object, name: str) -> None:
    assert abs(test(SEQUENCES[name]())) < 5  # type: ignore[operator]


@pytest.mark.parametrize("pair", [((7, 0), (7, 0)), ((7, 0), (8, 0)), ((7, 0), (7, 1))])
def test_streams_that_are_alike_are_caught(pair: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Negative control: a stream beside itself fails, beside that of the next seed or chunk it does not.

    Of 64 x 4096 pairs of words the equal bits: |z| < 5, false alarms below 1e-6.
    """
    first, second = (draw(generator_states(seed, chunk, 64), 4096) for seed, chunk in pair)
    equal = int(np.bitwise_count(~(first ^ second)).sum(dtype=np.int64))
    bits = 64 * first.size
    assert (abs(2 * equal - bits) / math.sqrt(bits) < 5) == (pair[0] != pair[1])


def test_battery_catches_a_bad_generator() -> None:
    """Negative control: a bare 64-bit shift register; its 64 x 64 matrices are never singular."""
    words = np.empty(64 * 200, np.uint64)
    state = 88172645463325252
    for i in range(words.size):
        state ^= (state << 13) & MASK
        state ^= state >> 7
        state ^= (state << 17) & MASK
        words[i] = state
    assert abs(matrix_ranks(words)) > 5
