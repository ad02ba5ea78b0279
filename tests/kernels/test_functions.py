"""Own exponentials, logarithms and normal laws against the library's, at their ends, and that no library is asked."""

import math
import re
from statistics import NormalDist

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import functions as f
from kernels.compiled import OPTIONS, kernel

only_compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="there is no compiled code to look into")
NOT_KEPT = {**OPTIONS, "cache": False}


@kernel
def quotient(start, stop, x, y, out):
    for row in range(start, stop):
        out[row] = f.log2f(x[row]) / f.exp2f(y[row])


def single(start, stop, count=20_001):
    return np.linspace(start, stop, count).astype(np.float32)


def largest_error(function, exact, points):
    return max(abs(function(x) - exact(x)) / max(1e-300, abs(exact(x))) for x in points)


def test_exp2f_is_within_3e_7_of_two_to_the_power():
    x = single(-126, 126)
    got = np.array([f.exp2f(v) for v in x])
    assert np.max(np.abs(got / np.exp2(x.astype(np.float64)) - 1)) <= 3e-7


@pytest.mark.parametrize("beyond, at", [(-1e30, -126), (-127, -126), (126.5, 126), (1e30, 126)])
def test_exp2f_is_clamped_on_both_sides(beyond, at):
    assert f.exp2f(np.float32(beyond)) == f.exp2f(np.float32(at)) > 0
    assert math.isfinite(f.exp2f(np.float32(beyond)))


def test_log2f_is_within_2e_7_of_the_logarithm():
    x = np.concatenate((np.exp2(single(-126, 126)), single(0.5, 2)))
    exact = np.log2(x.astype(np.float64))
    got = np.array([f.log2f(v) for v in x])
    assert np.max(np.abs(got - exact) / np.maximum(1, np.abs(exact))) <= 2e-7


def test_log2f_is_relatively_right_beside_one_and_exact_at_powers_of_two():
    beside = np.nextafter(np.float32(1), np.float32([0, 2]))
    for x in beside:
        assert f.log2f(x) == pytest.approx(math.log2(x), rel=2e-7)
    assert [f.log2f(np.float32(2.0**k)) for k in range(-126, 127)] == list(range(-126, 127))


@pytest.mark.parametrize("beyond, at", [(-1.0, -126), (0.0, -126), (1e-45, -126), (3e38, 126)])
def test_log2f_is_clamped_on_both_sides(beyond, at):
    assert f.log2f(np.float32(beyond)) == at


def test_a_rows_bits_do_not_depend_on_its_place():
    x, y = np.exp2(single(-5, 9, 1003)), single(-8, 8, 1003)
    together, alone, late = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    quotient(0, len(x), x, y, together)
    for row in range(len(x)):
        quotient(row, row + 1, x, y, alone)
    quotient(0, 5, x, y, late)
    quotient(5, len(x), x, y, late)
    assert together.tobytes() == alone.tobytes() == late.tobytes()


@pytest.mark.parametrize(
    "ours, exact, points",
    [
        (f.exp, math.exp, np.linspace(-700, 709, 5001)),
        (f.exp, math.exp, np.linspace(-1e-3, 1e-3, 101)),
        (f.exp2, math.exp2, np.linspace(-1022, 1023, 5001)),
        (f.log, math.log, np.exp(np.linspace(-700, 700, 5001))),
        (f.log, math.log, np.linspace(0.5, 2, 5000)),
        (f.log, math.log, 1 + 2.0 ** -np.arange(2, 53)),
        (f.log2, math.log2, np.exp(np.linspace(-700, 700, 5001))),
        (f.log2, math.log2, np.linspace(0.5, 2, 5000)),
    ],
)
def test_double_precision_is_within_two_units_in_the_last_place(ours, exact, points):
    assert largest_error(ours, exact, points) <= 5e-16


def test_whole_powers_and_their_logarithms_are_exact():
    assert all(f.exp2(float(k)) == 2.0**k for k in range(-1022, 1024))
    assert all(f.log2(2.0**k) == k for k in range(-1022, 1024))
    assert f.exp(0.0) == 1
    assert f.log(1.0) == 0


def test_double_precision_is_clamped_and_finite_at_both_ends():
    assert f.exp(-1e9) == f.exp(-708.0) > 0
    assert f.exp(1e9) == f.exp(709.0) < math.inf
    assert f.exp2(-1e9) == 2.0**-1022
    assert f.exp2(1e9) == 2.0**1023
    assert f.log(0.0) == f.log(-5.0) == f.log(2.0**-1022)
    assert f.log2(0.0) == -1022


@given(st.floats(-700, 700))
def test_log_undoes_exp(x):
    assert f.log(f.exp(x)) == pytest.approx(x, abs=3e-16, rel=3e-16)


@given(st.floats(-60, 60))
def test_logistic_is_symmetric(x):
    assert f.logistic(x) + f.logistic(-x) == pytest.approx(1, abs=3e-16)
    assert f.logistic(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-15)


@pytest.mark.parametrize(
    "u, published",
    [(0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408), (0.5, 0.0)],
)
def test_quantiles_are_those_that_wichura_prints(u, published):
    assert f.normal_quantile(u) == pytest.approx(published, rel=5e-16)


def test_quantile_agrees_with_the_standard_library_and_mirrors():
    exact = NormalDist().inv_cdf
    points = np.concatenate((np.linspace(0.0005, 0.9995, 4000), 10.0 ** -np.arange(4, 300)))
    assert largest_error(f.normal_quantile, exact, points) <= 2e-15
    for k in range(1, 64):
        assert f.normal_quantile(k / 128) == -f.normal_quantile(1 - k / 128)


def test_erfc_and_cdf_agree_with_the_standard_library_far_into_the_tail():
    assert largest_error(f.erfc, math.erfc, np.linspace(-6, 26, 6401)) <= 2e-15
    x = np.linspace(-8, 8, 3201)
    assert max(abs(f.normal_cdf(v) - math.erfc(-v / math.sqrt(2)) / 2) for v in x) <= 4e-16


@given(st.floats(1e-12, 1 - 1e-12))
def test_cdf_undoes_quantile(u):
    assert f.normal_cdf(f.normal_quantile(u)) == pytest.approx(u, rel=2e-14)


def test_pdf_is_the_slope_of_the_cdf():
    for x in np.linspace(-5, 5, 41):
        slope = (f.normal_cdf(x + 1e-4) - f.normal_cdf(x - 1e-4)) / 2e-4
        assert f.normal_pdf(x) == pytest.approx(slope, abs=1e-8)


def library_calls(function, argument):
    code = numba.njit(**NOT_KEPT)(function)
    code(argument)
    (text,) = code.inspect_llvm().values()
    called = r'call[^@\n]*@"?(?:llvm\.)?((?:exp|log|pow|erf|sin|cos|tan|floor|rint)\w*)(?:\.f\d+)?"?\('
    return {name for name in re.findall(called, text) if name != "floor"} | (
        {"floor"} if re.search(r'call[^@\n]*@"?floor', text) else set()
    )


@only_compiled
@pytest.mark.parametrize(
    "name", ["exp", "exp2", "log", "log2", "logistic", "normal_quantile", "normal_cdf", "normal_pdf"]
)
def test_no_library_is_asked_for_double_precision(name):
    ours = getattr(f, name)
    assert library_calls(lambda x: ours(x), 0.3) == set()


@only_compiled
@pytest.mark.parametrize("name", ["exp2f", "log2f"])
def test_no_library_is_asked_for_single_precision(name):
    ours = getattr(f, name)
    assert library_calls(lambda x: ours(x), np.float32(0.3)) == set()


@only_compiled
def test_a_call_of_a_library_would_be_noticed():
    assert library_calls(lambda x: math.exp(x) + math.log(x), 0.3) == {"exp", "log"}
