"""Two naive solvers of the same equation, written from the general formulas and sharing no code with the
package.

`naive_rates` solves the generator in the laboratory frame with one generic sparse factorisation.
`extended_rates` eliminates it degree by degree in 80-bit arithmetic, in a frame that is only roughly adapted
(general a and b, complex harmonics), so that it knows nothing of the closed forms of the package.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu


def vectors(alpha, nu, delta, theta, kind=float):
    """h, p, a, b of the reduced model in the laboratory frame."""
    one = kind(1)
    h = np.array([0 * one, 0 * one, one])
    c = 0 * one if theta == math.pi / 2 else np.cos(kind(theta))
    s = 0 * one if theta == math.pi else np.sin(kind(theta))
    p = np.array([s, 0 * one, c])
    alpha, nu, delta = kind(alpha), kind(nu), kind(delta)
    return h, p, nu / delta * (h - alpha * delta * p), nu * (h + alpha / delta * p)


def couplings_of_vector(v, ell, m, kind=float):
    """Coefficients of v.n Y_lm on Y_(l+1, m+1), Y_(l+1, m), Y_(l+1, m-1): shape (3, len(m))."""
    ell, m = kind(ell), m.astype(kind)
    bottom = (2 * ell + 1) * (2 * ell + 3)
    plus = -(v[0] - 1j * v[1]) / 2 * np.sqrt((ell + m + 1) * (ell + m + 2) / bottom)
    minus = (v[0] + 1j * v[1]) / 2 * np.sqrt((ell - m + 1) * (ell - m + 2) / bottom)
    return np.array([plus, v[2] * np.sqrt(((ell + 1) ** 2 - m * m) / bottom) + 0j, minus])


def blocks(a, b, ell, order_max, kind=float):
    """U (l -> l+1), T (l -> l), V (l+1 -> l) of the generator, dense, orders -M … M."""
    n = 2 * order_max + 1
    complex_kind = np.result_type(kind, np.complex64)
    m = np.arange(-order_max, order_max + 1)
    here = np.abs(m) <= ell
    U, T, V = (np.zeros((n, n), dtype=complex_kind) for _ in range(3))
    mm = np.where(here, m, 0)
    raising = couplings_of_vector(b, ell, mm, kind)
    for row, d in zip(raising, (1, 0, -1), strict=True):
        j = np.flatnonzero(here & (np.abs(m + d) <= order_max))
        U[j + d, j] = -kind(ell) * row[j]
        V[j, j + d] = kind(ell + 2) * np.conj(row[j])
    j = np.flatnonzero(here)
    T[j, j] = -kind(ell) * (ell + 1) + 1j * m[j].astype(kind) * a[2]
    j = np.flatnonzero(here & (m + 1 <= min(ell, order_max)))
    J = np.sqrt(((ell - m[j]) * (ell + m[j] + 1)).astype(kind))
    T[j + 1, j] += 1j * (a[0] - 1j * a[1]) / 2 * J
    T[j, j + 1] += 1j * (a[0] + 1j * a[1]) / 2 * J
    return U, T, V, here


def inverse(matrix):
    """Gauss-Jordan with partial pivoting, in whatever precision the matrix has; LAPACK knows one of them."""
    if matrix.dtype == complex:
        return np.linalg.inv(matrix)
    n = len(matrix)
    work = np.concatenate([matrix, np.eye(n, dtype=matrix.dtype)], axis=1)
    for p in range(n):
        best = p + int(np.argmax(np.abs(work[p:, p])))
        work[[p, best]] = work[[best, p]]
        work[p] = work[p] / work[p, p]
        factor = work[:, p].copy()
        factor[p] = 0
        work[:, p:] -= factor[:, np.newaxis] * work[p, p:]
    return work[:, n:]


def rough_frame(a, b):
    """Rows x', y', e, e near the stable fixed point of the noiseless flow; orthonormal in a's precision."""
    af, bf = a.astype(float), b.astype(float)
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    values, states = np.linalg.eig(np.einsum("i,ijk", bf - 1j * af, pauli))
    psi = states[:, np.argmax(values.real)]
    e = np.array([(psi.conj() @ s @ psi).real for s in pauli]).astype(a.dtype)
    e = e / np.sqrt(e @ e)
    x = np.eye(3, dtype=a.dtype)[np.argmin(np.abs(e))]
    x = x - e * (e @ x)
    x = x / np.sqrt(x @ x)
    return np.array([x, np.cross(e, x), e])


def extended_rates(alpha, nu, delta, theta, ell_max, order_max, kind=np.longdouble):
    """S_P, S_B, Sigma, Delta_P, mean_n, second moments by block elimination, in `kind` arithmetic."""
    h, p, a, b = vectors(alpha, nu, delta, theta, kind)
    frame = rough_frame(a, b)
    h, p, a, b = (frame @ v for v in (h, p, a, b))
    n = 2 * order_max + 1
    m = np.arange(-order_max, order_max + 1)
    store = {ell: blocks(a, b, ell, order_max, kind) for ell in range(ell_max + 1)}
    inverses = {}
    for ell in range(ell_max, 0, -1):
        _, T, _, here = store[ell]
        S = T.copy()
        if ell < ell_max:
            S = S - store[ell][2] @ (inverses[ell + 1] @ store[ell][0])
        S[~here, :] = 0
        S[:, ~here] = 0
        S[~here, ~here] = 1
        inverses[ell] = inverse(S)
    zero = np.zeros(n, dtype=inverses[1].dtype)
    x = [zero.copy()]
    x[0][order_max] = 1
    for ell in range(1, ell_max + 1):
        x.append(-(inverses[ell].T @ (store[ell - 1][2].T @ x[-1])))
    root3, root5 = np.sqrt(kind(3)), np.sqrt(kind(5))

    def linear(v):
        f = zero.copy()
        f[order_max] = v[2] / root3
        f[order_max + 1] = -(v[0] - 1j * v[1]) / np.sqrt(kind(6))
        f[order_max - 1] = (v[0] + 1j * v[1]) / np.sqrt(kind(6))
        return f

    mean = np.array([(linear(e) @ x[1]).real for e in np.eye(3)])
    c = order_max
    zz = (2 * x[2][c].real / root5 + 1) / 3
    plus = -x[2][c + 1] * np.sqrt(kind(2) / 15)
    square = x[2][c + 2] * np.sqrt(kind(8) / 15)
    perp = 1 - zz
    second = np.array(
        [
            [(perp + square.real) / 2, square.imag / 2, plus.real],
            [square.imag / 2, (perp - square.real) / 2, plus.imag],
            [plus.real, plus.imag, zz],
        ]
    )
    f = linear(p)
    mean_p = (f @ x[1]).real
    phi = [zero, -(inverses[1] @ f)]
    for ell in range(2, ell_max + 1):
        phi.append(-(inverses[ell] @ (store[ell - 1][0] @ phi[-1])))
    covariance = kind(0)
    for ell in range(ell_max + 1):
        row = couplings_of_vector(p, ell, np.where(np.abs(m) <= ell, m, 0), kind)
        raise_, lower = zero.copy(), zero.copy()
        if ell < ell_max:
            for values, d in zip(row, (1, 0, -1), strict=True):
                j = np.flatnonzero((np.abs(m) <= ell) & (np.abs(m + d) <= order_max))
                raise_[j + d] += values[j] * phi[ell][j]
                lower[j] += np.conj(values[j]) * phi[ell + 1][j + d]
            covariance += (raise_ @ x[ell + 1] + lower @ x[ell]).real
        covariance -= mean_p * (phi[ell] @ x[ell]).real
    alpha, nu, delta = kind(alpha), kind(nu), kind(delta)
    balance = alpha * (1 - p @ second @ p) - np.cross(h, p) @ mean
    return {
        "S_P": 2 * nu * alpha / delta * mean_p,
        "S_B": alpha * nu**2 * (balance - (h @ p - h @ second @ p) / delta),
        "Sigma": nu**2 * alpha * (1 + 1 / delta**2) * balance,
        "Delta_P": 2 * (2 * nu * alpha / delta) ** 2 * covariance,
        "mean_n": frame.T @ mean,
        "second_moments": frame.T @ second @ frame,
    }


def extended_heat(alpha, nu, delta, theta, ell_max, order_max, kind=np.longdouble):
    """Delta_B and Delta_tot from their definition: Δ = 2 <|F + ∇φ|²> with F = αν n × p̂ and the local rate of
    the entropy as it comes, and so with terms far larger than their sum in strong fields."""
    h, p, a, b = vectors(alpha, nu, delta, theta, kind)
    frame = rough_frame(a, b)
    h, p, a, b = (frame @ v for v in (h, p, a, b))
    alpha, nu, delta = kind(alpha), kind(nu), kind(delta)
    q, n, m = alpha * nu * p, 2 * order_max + 1, np.arange(-order_max, order_max + 1)
    degrees = range(ell_max + 1)
    store = [blocks(a, b, ell, order_max, kind) for ell in degrees]
    turn = [blocks(-q, 0 * q, ell, order_max, kind)[1] + kind(ell) * (ell + 1) * np.eye(n) for ell in degrees]
    raising = []
    for ell in degrees:
        # What is raised by n_x, n_y, n_z, as matrices.
        inside = np.abs(m) <= ell
        matrices = np.zeros((3, n, n), dtype=turn[0].dtype)
        for axis in range(3):
            row = couplings_of_vector(np.eye(3, dtype=kind)[axis], ell, np.where(inside, m, 0), kind)
            for values, d in zip(row, (1, 0, -1), strict=True):
                j = np.flatnonzero(inside & (np.abs(m + d) <= order_max))
                matrices[axis, j + d, j] = values[j]
        raising.append(matrices)

    def times(c, v):
        out = np.zeros_like(v)
        for ell in degrees[:-1]:
            matrix = np.tensordot(c, raising[ell], axes=1)
            out[ell + 1] += matrix @ v[ell]
            out[ell] += matrix.conj().T @ v[ell + 1]
        return out

    def rate(v, pumped):
        # (n × q)·v = (n·a)(n·q) - a·q + n·(q × b), and 2 n·q/δ where S_P counts.
        along = np.cross(q, b) + pumped * 2 * q / delta
        return times(a, times(q, v)) - (a @ q) * v + times(along, v)

    inverses = [None] * (ell_max + 1)
    for ell in degrees[:0:-1]:
        S, here = store[ell][1].copy(), store[ell][3]
        if ell < ell_max:
            S = S - store[ell][2] @ (inverses[ell + 1] @ store[ell][0])
        S[~here, :] = S[:, ~here] = 0
        S[~here, ~here] = 1
        inverses[ell] = inverse(S)
    x = np.zeros((ell_max + 1, n), dtype=turn[0].dtype)
    one = x.copy()
    x[0, order_max] = one[0, order_max] = 1
    for ell in degrees[1:]:
        x[ell] = -(inverses[ell].T @ (store[ell - 1][2].T @ x[ell - 1]))
    found = []
    for pumped in (0, 1):
        f = rate(one, pumped)
        mean = np.sum(f * x)
        phi, fed = np.zeros_like(x), -f
        for ell in (2, 1):
            fed[ell - 1] -= store[ell - 1][2] @ (inverses[ell] @ fed[ell])
        for ell in degrees[1:]:
            phi[ell] = inverses[ell] @ (fed[ell] - store[ell - 1][0] @ phi[ell - 1])
        moved = np.array([2 * matrix @ v for matrix, v in zip(turn, phi, strict=True)])
        moved += rate(phi, pumped) - mean * phi
        square = (q @ q) * one - times(q, times(q, one))
        found.append(2 * np.sum((square + moved) * x).real)
    return {"Delta_B": found[0], "Delta_tot": found[1]}


def dense_rates(alpha, nu, delta, theta, ell_max):
    """All eigenvalues of minus the generator in the laboratory frame but 0, by decay rate; every order."""
    _, _, a, b = vectors(alpha, nu, delta, theta)
    start = [ell * ell for ell in range(ell_max + 2)]
    L = np.zeros((start[-1], start[-1]), dtype=complex)
    for ell in range(ell_max + 1):
        here = slice(start[ell], start[ell + 1])
        U, T, V, _ = blocks(a, b, ell, ell + 1)
        L[here, here] = T[1:-1, 1:-1]
        if ell < ell_max:
            above = slice(start[ell + 1], start[ell + 2])
            L[above, here], L[here, above] = U[:, 1:-1], V[1:-1]
    values = np.linalg.eigvals(-L[1:, 1:])
    return values[np.argsort(values.real)]


def naive_rates(alpha, nu, delta, theta, ell_max, turn=None):
    """S_P, S_B, Sigma, Delta_P from one sparse factorisation in the laboratory frame, plain formulas.

    ``turn``, a rotation matrix, is applied to the whole system first.
    """
    h, p, a, b = vectors(alpha, nu, delta, theta)
    if turn is not None:
        h, p, a, b = turn @ h, turn @ p, turn @ a, turn @ b
    start = [ell * ell for ell in range(ell_max + 2)]
    size = start[ell_max + 1]
    L, N = sparse.lil_array((size, size), dtype=complex), [None] * 3

    def place(matrix, ell_to, ell_from, block, order_max):
        for i, j in zip(*np.nonzero(block), strict=True):
            mi, mj = i - order_max, j - order_max
            if abs(mi) <= ell_to and abs(mj) <= ell_from:
                matrix[start[ell_to] + ell_to + mi, start[ell_from] + ell_from + mj] = block[i, j]

    for ell in range(ell_max + 1):
        U, T, V, _ = blocks(a, b, ell, ell + 1)
        place(L, ell, ell, T, ell + 1)
        if ell < ell_max:
            place(L, ell + 1, ell, U, ell + 1)
            place(L, ell, ell + 1, V, ell + 1)
    for axis in range(3):
        N[axis] = sparse.lil_array((size, size), dtype=complex)
        for ell in range(ell_max):
            m = np.arange(-ell, ell + 1)
            for values, d in zip(couplings_of_vector(np.eye(3)[axis], ell, m), (1, 0, -1), strict=True):
                for k, order in enumerate(m):
                    i, j = start[ell + 1] + ell + 1 + order + d, start[ell] + ell + order
                    N[axis][i, j] = values[k]
                    N[axis][j, i] = np.conj(values[k])
    N = [matrix.tocsr() for matrix in N]
    L = L.tocsr()
    lu = splu(L[1:, 1:].T.tocsc())
    x = np.concatenate([[1.0], lu.solve(-L[[0], 1:].toarray().ravel())])
    one = np.zeros(size)
    one[0] = 1.0
    mean = np.array([((N[i] @ one) @ x).real for i in range(3)])
    second = np.array([[((N[i] @ (N[j] @ one)) @ x).real for j in range(3)] for i in range(3)])
    Np = sum(p[i] * N[i] for i in range(3))
    f = Np @ one
    phi = np.concatenate([[0.0], lu.solve(-f[1:], trans="T")])
    fluctuation = 2 * (((Np @ phi) @ x) - (f @ x) * (phi @ x)).real
    pumping = 2 * nu * alpha / delta
    S_P = pumping * mean @ p
    S_B = (
        nu**2 * (1 - h @ second @ h - 2 * alpha * np.cross(h, p) @ mean + alpha**2 * (1 - p @ second @ p))
        - 2 * nu * mean @ h
    )
    return {
        "S_P": S_P,
        "S_B": S_B,
        "Sigma": S_P + S_B,
        "Delta_P": pumping**2 * fluctuation,
        "mean_n": mean,
        "second_moments": second,
    }
