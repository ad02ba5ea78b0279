"""Exchange rates: a walk of the logarithm, without trend, that noise can be turned off for."""

import numpy as np
import pytest

from kernels.chance import normal
from kernels.currency import convert, walk

GRID = (np.arange(4096, dtype=np.uint64) * 2**20 + 2**19).astype(np.uint32)


def day(word, sd, par, walked):
    rate = np.full(len(par), -1.0)
    walk(0, len(par), np.asarray(word, np.uint32), sd, par, walked, rate)
    return rate


def test_without_noise_the_rate_is_the_par_to_the_bit():
    par, walked = np.array([1.0, 7.1884, 0.9217]), np.zeros(3)
    assert day([0, 5, 2**32 - 1], np.zeros(3), par, walked).tolist() == par.tolist()
    assert walked.tolist() == [0.0] * 3


def test_where_noise_is_off_a_rate_stays_where_it_had_come_to():
    walked = np.array([0.25])
    assert day([77], np.zeros(1), np.array([2.0]), walked) == pytest.approx(2 * np.exp(0.25), rel=1e-14)
    assert walked[0] == 0.25


def test_steps_add_up_in_the_logarithm():
    walked, words = np.zeros(1), GRID[[100, 3000, 4000]]
    for word in words:
        rate = day([word], np.array([0.006]), np.array([7.0]), walked)
    steps = 0.006 * sum(normal(word) for word in words)
    assert walked[0] == pytest.approx(steps, rel=1e-12)
    assert rate[0] == pytest.approx(7 * np.exp(steps), rel=1e-12)


def test_a_step_is_normal_without_trend_and_of_the_size_asked_for():
    walked = np.zeros(len(GRID))
    day(GRID, np.full(len(GRID), 0.02), np.ones(len(GRID)), walked)
    assert walked.mean() == pytest.approx(0.0, abs=1e-9)
    assert walked.std() == pytest.approx(0.02, rel=5e-3)
    assert (np.abs(walked) < 0.02 * 1.959964).mean() == pytest.approx(0.95, abs=1e-3)


def test_a_step_and_its_mirror_image_lead_back():
    walked, sd, par = np.zeros(50), np.full(50, 0.01), np.full(50, 1.3)
    day(GRID[:50], sd, par, walked)
    assert (walked < 0).all()
    assert day(~GRID[:50], sd, par, walked) == pytest.approx(par, rel=1e-12)


def test_countries_that_share_a_currency_move_together_and_no_rate_turns_negative():
    walked = np.zeros(3)
    for word in (0, 2**32 - 1, 0, 0, 12345):
        rate = day([word] * 3, np.full(3, 0.9), np.array([1.0, 1.0, 2.0]), walked)
        assert rate[0] == rate[1] == rate[2] / 2
        assert rate.min() > 0


def test_a_chunk_of_countries_moves_alone():
    walked, rate = np.zeros(3), np.full(3, -1.0)
    walk(1, 2, GRID[:3].copy(), np.full(3, 0.1), np.ones(3), walked, rate)
    assert (walked[[0, 2]] == 0).all()
    assert (rate[[0, 2]] == -1).all()
    assert walked[1] != 0
    assert rate[1] == pytest.approx(np.exp(walked[1]), rel=1e-14)


def test_interpreted_rates_agree_with_compiled_ones():
    sd, par, ours, theirs, rate = np.full(40, 0.01), np.full(40, 3.0), np.zeros(40), np.zeros(40), np.zeros(40)
    getattr(walk, "py_func", walk)(0, 40, GRID[:40].copy(), sd, par, theirs, rate)
    assert day(GRID[:40].copy(), sd, par, ours) == pytest.approx(rate, rel=1e-14)
    assert ours == pytest.approx(theirs, rel=1e-14)


def test_money_is_changed_half_up_each_amount_for_itself_and_at_par_not_at_all():
    changed = np.full(6, 9, np.int64)
    convert(1, 6, np.array([1, 3, -3, 2**52 + 1, 100, 0]), np.array([9.0, 0.5, 0.5, 1.0, 0.9217, 7.0]), changed)
    assert changed.tolist() == [9, 2, -1, 2**52 + 1, 92, 0]
