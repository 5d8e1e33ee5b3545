"""The Python half of the sphere view: what it hands to the page and what it takes back."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import traitlets

from slls_widgets.magnet.macrospin import Macrospin
from slls_widgets.widgets.parts.sphere import HOME, SphereCanvas, lat_long_grid

MAGNET = Macrospin(alpha=0.42, nu=7.1, delta=0.866, theta=0.6)


@pytest.fixture
def sphere() -> Any:
    widget = SphereCanvas()
    yield widget
    widget.close()


@pytest.fixture
def sent(sphere: SphereCanvas, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any]]:
    messages: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(sphere, "send", lambda content, buffers=None: messages.append((content, buffers)))
    return messages


def values(sphere: SphereCanvas) -> np.ndarray:
    return np.frombuffer(sphere.density["values"], np.uint8).reshape(sphere.density["shape"])


# ---- grid and density -------------------------------------------------------------------------------


def test_grid_holds_unit_vectors_with_both_poles_and_x_first() -> None:
    grid = lat_long_grid((7, 12))
    assert grid.shape == (7, 12, 3)
    np.testing.assert_allclose(np.linalg.norm(grid, axis=-1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(grid[0], np.broadcast_to([0, 0, 1], (12, 3)), atol=1e-15)
    np.testing.assert_allclose(grid[-1], np.broadcast_to([0, 0, -1], (12, 3)), atol=1e-15)
    np.testing.assert_allclose(grid[3, 0], [1, 0, 0], atol=1e-15)


@pytest.mark.parametrize("shape", [(2, 8), (8, 2), (8,), (8, 8, 3), (0, 0)])
def test_grids_too_small_to_interpolate_are_refused(sphere: SphereCanvas, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 3 polar angles"):
        sphere.set_density(np.ones(shape))
    if len(shape) == 2:
        with pytest.raises(ValueError, match="at least 3 polar angles"):
            lat_long_grid((shape[0], shape[1]))


def test_a_uniform_density_is_a_third_of_the_scale(sphere: SphereCanvas) -> None:
    sphere.set_density(np.full((21, 40), 0.08))
    assert sphere.density["top"] == pytest.approx(3.0)
    assert (values(sphere) == 85).all()


@pytest.mark.parametrize("strength", [3.0, 10.0, 40.0])
def test_scale_ends_at_the_peak_over_uniform(sphere: SphereCanvas, strength: float) -> None:
    """For exp(b.n)/Z the peak over the uniform density is |b| e^|b| / sinh|b|."""
    b = strength * np.array([0.6, 0.0, 0.8])
    sphere.set_density(np.exp(lat_long_grid() @ b))
    expected = 2.0 * strength / (1.0 - math.exp(-2.0 * strength))
    # The peak of the narrowest one lies between grid points: 40 (1 - cos 1.5 deg) = 1.4 % at the worst.
    assert sphere.density["top"] == pytest.approx(expected, rel=0.02)
    assert values(sphere).max() == 255


@pytest.mark.parametrize("factor", [1e-300, 1.0, 1e300])
def test_the_unit_of_the_density_does_not_matter(sphere: SphereCanvas, factor: float) -> None:
    density = np.exp(lat_long_grid((31, 60)) @ [1.0, 0.0, 2.0])
    sphere.set_density(density)
    plain = dict(sphere.density)
    sphere.set_density(density * factor)
    assert sphere.density["values"] == plain["values"]
    assert sphere.density["top"] == pytest.approx(plain["top"])


def test_values_that_are_no_density_count_as_zero(sphere: SphereCanvas) -> None:
    grid = np.ones((9, 16))
    grid[4, 3:6] = [np.nan, np.inf, -1.0]
    sphere.set_density(grid)
    assert values(sphere)[4, 3:6].tolist() == [0, 0, 0]
    assert math.isfinite(sphere.density["top"])


def test_no_density_shows_the_plain_ball(sphere: SphereCanvas) -> None:
    sphere.set_density(np.ones((9, 16)))
    sphere.set_density(np.zeros((9, 16)))
    assert sphere.density == {}


def test_a_peak_between_the_weights_of_the_grid_has_a_finite_scale(sphere: SphereCanvas) -> None:
    grid = np.zeros((9, 16))
    grid[0] = 1.0
    sphere.set_density(grid)
    assert math.isfinite(sphere.density["top"])


# ---- vectors ----------------------------------------------------------------------------------------


def test_vectors_are_the_magnets_directions(sphere: SphereCanvas) -> None:
    sphere.set_vectors(MAGNET)
    for key, vector in {
        "field": MAGNET.h_hat,
        "torque": MAGNET.p_hat,
        "damping": MAGNET.damping,
        "precession": MAGNET.precession,
    }.items():
        np.testing.assert_allclose(sphere.vectors[key], vector / np.linalg.norm(vector), atol=1e-15)


def test_a_negative_alpha_turns_the_torque_round(sphere: SphereCanvas) -> None:
    sphere.set_vectors(MAGNET.replace(alpha=-0.42))
    np.testing.assert_allclose(sphere.vectors["torque"], -MAGNET.p_hat, atol=1e-15)


@pytest.mark.parametrize(
    ("alpha", "absent"),
    [(0.0, {"torque"}), (-0.866, {"damping"}), (1 / 0.866, {"precession"}), (0.3, set()), (1e-310, set())],
)
def test_a_vector_that_vanishes_has_no_arrow(sphere: SphereCanvas, alpha: float, absent: set[str]) -> None:
    sphere.set_vectors(MAGNET.replace(alpha=alpha, theta=0.0))
    assert {key for key, vector in sphere.vectors.items() if vector is None} == absent
    for vector in sphere.vectors.values():
        assert vector is None or np.linalg.norm(vector) == pytest.approx(1.0)


def test_enormous_and_tiny_fields_keep_their_directions(sphere: SphereCanvas) -> None:
    for nu in (1e-290, 1e290):
        sphere.set_vectors(MAGNET.replace(nu=nu))
        for key in ("damping", "precession"):
            expected = getattr(MAGNET, key)
            np.testing.assert_allclose(sphere.vectors[key], expected / np.linalg.norm(expected), atol=1e-12)


def test_one_change_is_one_notification(sphere: SphereCanvas) -> None:
    changes: list[str] = []
    sphere.observe(lambda change: changes.append(change["name"]))
    sphere.set_vectors(MAGNET)
    sphere.set_density(np.exp(lat_long_grid() @ MAGNET.damping))
    assert changes == ["vectors", "density"]


# ---- tails ------------------------------------------------------------------------------------------


def test_push_sends_float32_in_the_order_of_the_array(sphere: SphereCanvas, sent: list[Any]) -> None:
    paths = np.arange(24.0).reshape(2, 4, 3)
    sphere.push(paths[:, ::-1])  # not contiguous
    ((content, buffers),) = sent
    assert content == {"type": "push", "trajectories": 2, "frames": 4}
    np.testing.assert_array_equal(np.frombuffer(buffers[0], "<f4").reshape(2, 4, 3), paths[:, ::-1])


def test_push_sends_no_more_than_the_tail_keeps(sphere: SphereCanvas, sent: list[Any]) -> None:
    sphere.tail = 10
    sphere.push(np.tile(np.arange(50.0)[None, :, None], (3, 1, 3)))
    ((content, buffers),) = sent
    assert content["frames"] == 10
    np.testing.assert_array_equal(np.frombuffer(buffers[0], "<f4").reshape(3, 10, 3)[0, :, 0], range(40, 50))


@pytest.mark.parametrize("shape", [(0, 5, 3), (2, 0, 3)])
def test_pushing_nothing_sends_nothing(sphere: SphereCanvas, sent: list[Any], shape: tuple[int, ...]) -> None:
    sphere.push(np.empty(shape))
    assert sent == []


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 4)])
def test_push_refuses_other_shapes(sphere: SphereCanvas, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(trajectories, frames, 3\)"):
        sphere.push(np.zeros(shape))


def test_tails_are_no_part_of_the_saved_state(sphere: SphereCanvas) -> None:
    before = sphere.get_state()
    sphere.push(np.zeros((2, 5, 3)))
    sphere.clear()
    assert sphere.get_state() == before


def test_no_tails_are_cleared_where_there_are_none(sphere: SphereCanvas, sent: list[Any]) -> None:
    sphere.clear()
    assert not sent
    sphere.push(np.zeros((2, 5, 3)))
    sphere.clear()
    sphere.clear()
    assert [content["type"] for content, _ in sent] == ["push", "clear"]


# ---- view, theme, picture ---------------------------------------------------------------------------


def test_the_view_starts_at_home_and_elevation_stops_at_the_poles(sphere: SphereCanvas) -> None:
    assert sphere.view == sphere.home == HOME
    sphere.view = (7.0, 9.0)
    assert sphere.view == (7.0, math.pi / 2)


@pytest.mark.parametrize("view", [(math.nan, 0.0), (0.0, math.inf), (1.0,), "ab"])
def test_a_view_that_is_none_is_refused(sphere: SphereCanvas, view: Any) -> None:
    with pytest.raises(traitlets.TraitError):
        sphere.view = view


def test_the_theme_is_one_of_three(sphere: SphereCanvas) -> None:
    with pytest.raises(traitlets.TraitError):
        sphere.theme = "sepia"


def test_the_script_is_one_module_without_the_network() -> None:
    script = str(SphereCanvas._esm)
    assert not re.search(r"^\s*import\b", script, re.MULTILINE)
    assert script.count("export default") == 1
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(", script)
