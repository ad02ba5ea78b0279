"""How needs come and go, against the rates asked for."""

import numpy as np
import pytest

from kernels import needs, threads
from kernels.chance import uniform

SEED = np.uint64(5)
FOUR_CATEGORIES = (0.1, 0.3, 0.35, 1.0)


class Crowd:
    """Consumers of two countries, with what `arise` writes about them."""

    def __init__(self, count, income=1.0):
        self.count = count
        self.country = (np.arange(count) % 2).astype(np.uint8)
        self.taste = np.full((count, 8), income, np.float32)
        self.need, self.age, self.variant = (np.zeros(count, np.uint8) for _ in range(3))
        self.visiting = np.full(count, -9, np.int8)

    def day(self, day, rate, wait=(0, 0), event=(0, 0), survive=0.9, longest=7, chunk=threads.WINDOW):
        category = np.array([FOUR_CATEGORIES, FOUR_CATEGORIES], np.float32)
        rates = (np.full(2, rate, np.float32), category, np.array(wait, np.float32), np.array(event, np.uint8))
        given = (self.country, self.taste[:, 7], SEED, np.uint32(day), *rates)
        written = (self.need, self.age, self.visiting, self.variant)
        threads.run(needs.arise, self.count, chunk, *given, np.float32(survive), np.uint8(longest), *written)
        return self.visiting >= 0


@pytest.mark.large
@pytest.mark.parametrize(("visits", "conversion"), [(0.6, 0.03), (0.3, 0.03), (0.6, 0.5), (0.2, 1.0)])
def test_the_share_of_visits_is_the_one_asked_for(visits, conversion):
    rate = needs.new_need_rate(visits, 0.9, 7, conversion)
    crowd, rng, seen = Crowd(20_000), np.random.default_rng(1), []
    for day in range(60):
        visitors = crowd.day(day, rate)
        crowd.need[visitors & (rng.random(20_000) < conversion)] = 0
        seen.append(visitors.mean())
    assert np.mean(seen[30:]) == pytest.approx(visits, abs=0.004)


def test_who_always_buys_needs_something_as_often_as_he_visits():
    assert needs.new_need_rate(0.25, 0.9, 7, 1.0) == pytest.approx(0.25, abs=1e-15)
    assert needs.new_need_rate(0.6, 1.0, 0, 0.0) == pytest.approx(0.6, abs=1e-15)
    assert needs.new_need_rate(0.5, 1.0, 7, 0.0) == pytest.approx(1 / 9, abs=1e-15)


def test_an_unmet_need_visits_every_day_until_it_is_too_old():
    crowd = Crowd(500)
    shown = [crowd.day(0, 2.0, survive=1.0)] + [crowd.day(day, 0.0, survive=1.0) for day in range(1, 10)]
    first = shown[0]
    assert first.mean() > 0.9  # rates are cut at .95
    for day in range(8):
        assert (shown[day] == first).all()
    assert not shown[8].any()
    assert not crowd.need.any()


@pytest.mark.large
def test_an_unmet_need_survives_as_often_as_asked():
    crowd = Crowd(40_000)
    first = crowd.day(0, 0.5)
    assert first.mean() == pytest.approx(0.5, abs=0.01)
    kept = crowd.day(1, 0.0)
    assert kept[first].mean() == pytest.approx(0.9, abs=0.008)
    assert not kept[~first].any()
    assert (crowd.age[kept] == 1).all()


@pytest.mark.large
def test_a_dropped_need_may_be_followed_by_another_at_once():
    crowd = Crowd(60_000)
    crowd.need[:], crowd.age[:] = 1, 3
    crowd.day(1, 0.5, survive=0.6)
    assert (crowd.age == 4).mean() == pytest.approx(0.6, abs=0.008)
    assert ((crowd.age == 0) & (crowd.need > 0)).mean() == pytest.approx(0.4 * 0.5, abs=0.008)


@pytest.mark.large
def test_richer_consumers_need_more_often_up_to_a_limit():
    crowd = Crowd(40_000)
    crowd.taste[:20_000, 7], crowd.taste[20_000:, 7] = 0.5, 40.0
    visits = crowd.day(0, 0.2)
    assert visits[:20_000].mean() == pytest.approx(0.1, abs=0.01)
    assert visits[20_000:].mean() == pytest.approx(0.95, abs=0.01)


@pytest.mark.large
def test_categories_come_in_their_shares():
    crowd = Crowd(40_000)
    visits = crowd.day(0, 0.9)
    share = np.bincount(crowd.visiting[visits], minlength=4) / visits.sum()
    assert share == pytest.approx(np.diff(FOUR_CATEGORIES, prepend=0), abs=0.01)
    assert (crowd.need[visits] == crowd.visiting[visits] + 1).all()


@pytest.mark.large
def test_variants_are_even_and_independent_of_waiting():
    crowd = Crowd(80_000)
    crowd.day(0, 0.9, wait=(0.35, 0.35))
    for who in (crowd.visiting >= 0, crowd.age == needs.WAITING):
        counts = np.bincount(crowd.variant[who], minlength=8)
        assert len(counts) == 8
        assert ((counts - who.sum() / 8) ** 2 / (who.sum() / 8)).sum() < 18.5  # 1% of chi2, 7 degrees of freedom


@pytest.mark.large
def test_waiting_needs_return_on_the_day_of_the_event_and_not_before():
    crowd = Crowd(20_000)
    visits = crowd.day(0, 0.9, wait=(0.35, 0.0))
    waiting = crowd.age == needs.WAITING
    here = crowd.country == 0
    assert not waiting[~here].any()
    assert waiting[here].mean() == pytest.approx(0.9 * 0.35, abs=0.015)
    assert not (visits & waiting).any()
    wanted = crowd.need[waiting].copy()
    for day in range(1, 11):
        assert not crowd.day(day, 0.0)[waiting].any()
    back = crowd.day(11, 0.0, event=(1, 0))
    assert back[waiting].all()
    assert (crowd.visiting[waiting] == wanted - 1).all()
    assert (crowd.age[waiting] == 0).all()


def night(age, chance, survive, longest):
    """Whether an open need is kept, and what is left of the uniform that decided: the plain form of `overnight`."""
    if age == needs.WAITING:
        return True, chance
    if age >= longest:
        return False, chance
    if chance < survive:
        return True, chance
    return False, (chance - survive) / (np.float32(1) - survive)


def test_a_night_goes_as_its_plain_form_says():
    rng, count, survive, longest = np.random.default_rng(8), 4000, np.float32(0.7), np.uint8(5)
    word = rng.integers(2**32, size=count, dtype=np.uint32)
    need = rng.integers(3, size=count, dtype=np.uint8)
    age = np.where(need > 0, rng.choice([0, 1, 4, 5, 9, needs.WAITING], count), 0).astype(np.uint8)
    likely, woken = rng.uniform(0, 1, count).astype(np.float32), rng.choice([0, 255], count).astype(np.uint8)
    kept_need, kept_age, fresh = need.copy(), age.copy(), np.full(count, 9, np.uint8)
    needs.overnight(word, survive, longest, likely, woken, kept_need, kept_age, fresh)
    for i in range(count):
        kept, left = False, uniform(word[i])
        if need[i]:
            kept, left = night(age[i], left, survive, longest)
        older = woken[i] if age[i] == needs.WAITING else age[i] + 1
        assert (kept_need[i], kept_age[i]) == ((need[i], older) if kept else (0, 0))
        assert fresh[i] == (not kept and left < likely[i])


def test_nobody_begins_to_wait_on_the_day_itself():
    crowd = Crowd(2000)
    crowd.day(0, 0.9, wait=(1, 1), event=(1, 1))
    assert not (crowd.age == needs.WAITING).any()


def test_needs_depend_on_neither_chunks_nor_how_many_there_are():
    one, parts, few = Crowd(600), Crowd(600), Crowd(301)
    for day in range(12):
        event = (day == 9, 0)
        one.day(day, 0.4, wait=(0.3, 0.1), event=event)
        parts.day(day, 0.4, wait=(0.3, 0.1), event=event, chunk=77)
        few.day(day, 0.4, wait=(0.3, 0.1), event=event)
        for name in ("need", "age", "visiting", "variant"):
            assert (getattr(one, name) == getattr(parts, name)).all()
            assert (getattr(one, name)[:301] == getattr(few, name)).all()


@pytest.mark.parametrize("count", [400, pytest.param(50_000, marks=pytest.mark.large)])
def test_payments_fail_as_often_as_asked_and_the_same_way_all_day(count):
    row = np.arange(count, dtype=np.int32)
    failure = np.repeat(np.array([0.0, 0.04, 1.0], np.float32), [10, count - 20, 10])
    granted, again = np.empty(count, np.uint8), np.empty(count, np.uint8)
    needs.authorised(0, count, row, SEED, np.uint32(9), failure, granted)
    assert granted[:10].all()
    assert not granted[-10:].any()
    assert granted[10:-10].mean() == pytest.approx(0.96, abs=4.5 * np.sqrt(0.04 * 0.96 / count))
    needs.authorised(0, count, row[::-1].copy(), SEED, np.uint32(9), failure[::-1].copy(), again)
    assert (granted == again[::-1]).all()


def test_a_visitor_opens_the_page_of_storefront_category_segment_and_variant():
    front, first = np.array([2, 0, 1], np.int32), np.array([0, 2, 2, 3], np.int32)
    visiting, variant = np.array([3, 0, 1, -1, 2], np.int8), np.array([7, 1, 2, 3, 4], np.uint8)
    country, shop = np.array([0, 0, 2, 0, 1], np.uint8), np.array([1, 9, 0, 0, 0], np.uint8)
    segment, page = np.array([1, 0, 2, 0, 0], np.uint8), np.full(5, -9, np.int32)
    threads.run(needs.page_of, 5, 2, visiting, variant, country, shop, segment, front, first, 4, 3, page)
    # row 1 names a storefront beyond the last of its country, row 3 stays away, row 4 has no storefront
    shown = [((0 * 4 + 3) * 3 + 1) * 8 + 7, ((0 * 4 + 0) * 3 + 0) * 8 + 1, ((1 * 4 + 1) * 3 + 2) * 8 + 2]
    assert page.tolist() == [*shown, -1, -1]


def test_where_no_country_has_a_storefront_nobody_opens_a_page():
    some, none, page = np.array([3, 0, -1], np.int8), np.zeros(3, np.uint8), np.full(3, -9, np.int32)
    nowhere = np.empty(0, np.int32), np.zeros(2, np.int32)
    needs.page_of(0, 3, some, none, none, none, none, *nowhere, 4, 3, page)
    assert page.tolist() == [-1, -1, -1]
