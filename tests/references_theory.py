"""The closed forms at θ = 0 in decimal numbers of sixty digits and more: none overflows, none cancels."""

from __future__ import annotations

from decimal import Decimal, localcontext


def chi_over_xi2(xi: Decimal) -> Decimal:
    """(ξ coth ξ - 1)/ξ², in the precision of the context."""
    xi = abs(xi)
    if xi < Decimal("1e-20"):
        return (1 - xi * xi / 15) / 3
    with localcontext() as context:
        context.prec += 45
        decay = (-2 * xi).exp() if xi < 10**4 else Decimal(0)
        found = (xi * (1 + decay) / (1 - decay) - 1) / xi / xi
    return +found


def exact_spread(alpha: float, nu: float, delta: float) -> Decimal | None:
    """Δ_P in weak and in strong fields to 1e-12, from its series; None between."""
    with localcontext() as context:
        context.prec = 120
        a, n, d = Decimal(alpha), Decimal(nu), Decimal(delta)
        xi = abs(n * (a + d) / d)
        if xi < Decimal("1e-7"):
            return 8 * (a * n / d) ** 2 / 6
        if xi > 1000:
            series = 1 + 1 / xi + Decimal("1.5") / xi**2 + 3 / xi**3 + Decimal("7.5") / xi**4
            return 4 * (a * n / d) ** 2 / xi**3 * series
    return None


def exact_bound(alpha: float, nu: float, delta: float) -> Decimal:
    """2 (1+δ²) [α/(α+δ) · ξL'/L]², the least that Δ_P Σ/S_P² can be."""
    with localcontext() as context:
        context.prec = 120
        a, n, d = Decimal(alpha), Decimal(nu), Decimal(delta)
        xi = abs(n * (a + d) / d)
        share = 1 / (xi - 1) if xi > 1000 else 1 / chi_over_xi2(xi) - xi * xi * chi_over_xi2(xi) - 2
        return 2 * (1 + d * d) * (a / (a + d) * share) ** 2


def exact_rates(alpha: float, nu: float, delta: float) -> tuple[Decimal, Decimal, Decimal]:
    """S_P, S_B and Σ of the parameters as they are (paper Eq. 16)."""
    with localcontext() as context:
        # The sums α + δ and 1 - αδ of any two doubles that are not far apart are exact.
        context.prec = 120
        a, n, d = Decimal(alpha), Decimal(nu), Decimal(delta)
        xi = n * (a + d) / d
        scale = 2 * a * (n / d) ** 2 * chi_over_xi2(xi)
        return scale * (a + d), -scale * d * (1 - a * d), scale * a * (1 + d * d)
