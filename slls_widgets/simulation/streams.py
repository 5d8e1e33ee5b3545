"""Random numbers: one xoshiro256++ generator per trajectory, side by side in SIMD lanes.

Every trajectory owns a generator, so what it does depends on neither the other trajectories, nor the number
of threads, nor the order in which chunks run. The 256-bit states of a chunk come from one ``SeedSequence``
child per chunk; 10⁶ random states of a generator with period 2²⁵⁶ - 1 overlap with a probability far below
10⁻⁵⁰. A generator of our own, instead of numpy's through its C interface, because the latter fills one
number per call: the kick would wait for it. This one is shifts, xors and sums of 64-bit lanes, which LLVM
turns into vector instructions (a multiplying counter generator would not be: AVX2 has no 64-bit product).

Reference: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators",
ACM Trans. Math. Softw. 47, 36 (2021). All 64 output bits of the ++ scrambler are of equal quality.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._jit import kernel

Words = NDArray[np.uint64]
Vector = NDArray[np.float64]

__all__ = ["fill_normals", "fill_words", "generator_states", "host_generator"]

_WORDS_PER_STATE = 4
# Children of the root seed: (k, 0) drives the paths of chunk k, (k, 1) draws its starting points.
_PATHS, _STARTS = 0, 1

_17, _19, _23, _41, _45 = (np.uint64(bits) for bits in (17, 19, 23, 41, 45))
_11 = np.uint64(11)
_TO_UNIT = 2.0**-53


def generator_states(seed: int, chunk: int, lanes: int) -> Words:
    """States of the generators of one chunk, shape (4, lanes).

    Lane i gets the same state whatever the number of lanes.

    Examples
    --------
    >>> bool((generator_states(7, 0, 16)[:, :8] == generator_states(7, 0, 8)).all())
    True
    """
    words = _child(seed, chunk, _PATHS).generate_state(_WORDS_PER_STATE * lanes, np.uint64)
    return np.ascontiguousarray(words.reshape(lanes, _WORDS_PER_STATE).T)


def host_generator(seed: int, chunk: int) -> np.random.Generator:
    """A numpy generator for what is drawn once per chunk: its starting points."""
    return np.random.Generator(np.random.PCG64(_child(seed, chunk, _STARTS)))


def _child(seed: int, chunk: int, purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(chunk, purpose))


@kernel()
def fill_words(s0: Words, s1: Words, s2: Words, s3: Words, words: Words) -> None:
    """Draw one 64-bit word per lane (xoshiro256++)."""
    for i in range(words.shape[0]):
        a = s0[i]
        b = s1[i]
        c = s2[i]
        d = s3[i]
        t = a + d
        words[i] = ((t << _23) | (t >> _41)) + a
        t = b << _17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= t
        s0[i] = a
        s1[i] = b
        s2[i] = c
        s3[i] = (d << _45) | (d >> _19)


@kernel()
def fill_normals(s0: Words, s1: Words, s2: Words, s3: Words, words: Words, normals: Vector) -> None:
    """Draw three standard normal numbers per lane into normals (3, lanes), by Box and Muller."""
    lanes = words.shape[0]
    radius = np.empty(lanes)
    for pair in range(2):
        fill_words(s0, s1, s2, s3, words)
        for i in range(lanes):
            # (0, 1]: the logarithm never meets 0.
            radius[i] = np.sqrt(-2.0 * np.log((np.float64(words[i] >> _11) + 1.0) * _TO_UNIT))
        fill_words(s0, s1, s2, s3, words)
        for i in range(lanes):
            angle = 2.0 * np.pi * _TO_UNIT * np.float64(words[i] >> _11)
            normals[2 * pair, i] = radius[i] * np.cos(angle)
            if pair == 0:
                normals[1, i] = radius[i] * np.sin(angle)
