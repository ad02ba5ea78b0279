"""The benchmark compares like with like, reckons its ratios right, and prints the same as a table and as values."""

import json
from itertools import count, pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from typer.testing import CliRunner

from abm import load
from abm.cli import app
from abm.study.bench import crowd, days, figures, goods, lanes, limit, measure, suite, table
from abm.study.bench.limit_in_c import ByC, NoCompilerError
from abm.study.bench.measure import Row, Task
from abm.study.bench.plain_mesa import Link, PlainMarket
from abm.study.bench.plain_world import Given
from kernels import threads

SMALL = suite.Form(
    times=2, weeks=1, pages=2, each=128, sizes=(300, 600), plain=300, orders=2_000, copies=2, shared=600,
    held=(300, 600), starts=False, crowd=(600, 40, 60), world="tiny", threaded="tiny",
)  # fmt: skip
MADE_ON = {"date": "2026-01-01", "cores": "2"}


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    before = threads.using()
    yield
    threads.use(before)


@pytest.fixture(scope="module")
def rows():
    """A benchmark of the smallest form."""
    return suite.run(SMALL)


def clock_of(*seconds):
    """A clock that has moved on by each of some times in turn, then again, with every second reading."""
    now, ticks = 0.0, count()

    def read():
        nonlocal now
        tick = next(ticks)
        now += seconds[tick // 2 % len(seconds)] if tick % 2 else 0.0
        return now

    return read


def test_tasks_take_turns_and_each_round_begins_with_another():
    called = []
    tasks = [Task(name, lambda name=name: called.append(name), 1.0) for name in "abc"]
    measure.rounds(tasks, 3, least=0.0)
    assert "".join(called) == "abcbcacab"


def test_times_are_nanoseconds_a_unit_by_round():
    tasks = [Task("slow", lambda: None, 2.0), Task("quick", lambda: None, 4.0)]
    found = measure.rounds(tasks, 2, clock_of(8e-9, 4e-9), least=0.0)
    assert found == {"slow": pytest.approx([4.0, 2.0]), "quick": pytest.approx([1.0, 2.0])}


def test_a_short_task_is_warmed_up_and_repeated_until_it_can_be_timed():
    called = []
    task = Task("short", lambda: called.append(0), 1.0)
    assert measure.calls_for(task, clock_of(0.003), 0.02) == 7
    assert len(called) == 2
    found = measure.rounds([task], 1, clock_of(0.004, 0.010), least=0.02)
    assert len(called) == 2 + 2 + 1 + 5
    assert found["short"] == pytest.approx([0.010 * 1e9 / 5])


def test_a_ratio_is_the_median_of_the_ratios_within_rounds_and_not_the_ratio_of_medians():
    times = {"ours": [1.0, 10.0, 2.0], "theirs": [4.0, 20.0, 30.0]}
    assert measure.times_faster(times, "ours", "theirs") == 4.0
    assert measure.typical(times, "theirs") == 20.0


def test_the_limit_of_a_pair_is_six_multiply_adds_and_one_exponential():
    assert limit.pair({"multiply-add": [0.02, 0.03], "exp2": [0.1, 0.2]}) == pytest.approx([0.22, 0.38])


@pytest.mark.parametrize(("found", "goal", "at_least", "verdict"), [
    (2.0, 2.0, True, measure.REACHED),
    (1.9, 2.0, True, measure.MISSED),
    (2.0, 2.0, False, measure.REACHED),
    (2.1, 2.0, False, measure.MISSED),
    (2.0, None, True, measure.SHOWN),
    (None, 2.0, True, measure.ABSENT),
])  # fmt: skip
def test_a_goal_is_reached_from_its_own_side(found, goal, at_least, verdict):
    assert Row("topic", "what", found, "x", goal, at_least).verdict == verdict


def test_what_measures_the_limit_makes_the_operations_that_it_counts():
    x = np.array([0.25, -0.5], np.float32)
    expected = x.astype(np.float64)
    for _ in range(limit.STEPS):
        expected = expected * 0.5 + 0.25
    limit.multiply_adds(x, np.float32(0.5), np.float32(0.25), 1)
    assert x == pytest.approx(expected, rel=1e-6)
    out = np.empty(2, np.float32)
    limit.exponentials(np.array([0.0, 1.0], np.float32), out, 1)
    assert out == pytest.approx([2.0**limit.EXPONENTIALS - 1, 2.0 ** (limit.EXPONENTIALS + 1) - 2], rel=1e-6)
    a, b = np.zeros((2, 3))
    limit.triad(b + 1.0, b + 2.0, 3.0, a)
    assert a.tolist() == [7.0, 7.0, 7.0]


def exact(of):
    """The share of each slot for each reader, float64[reader, slot], by NumPy's own exponential."""
    page = np.repeat(np.arange(len(of.feature)), of.each)
    feature = of.feature[page].astype(np.float64)
    value = feature[:, :, 0] * float(of.scale) + np.einsum("nkd,nd->nk", feature[:, :, 1:], of.taste[:, :5])
    value += (of.last[:, None] == of.seller[page]) * of.taste[:, 5:6]
    weight = np.exp2(value)
    return weight / weight.sum(axis=1, keepdims=True)


def test_the_lane_kernel_weighs_by_the_logit_and_takes_the_slot_of_the_mark():
    of = lanes.readers(3, 256)
    ours, share = lanes.Ours(of), exact(of)
    assert pytest.approx(share[-lanes.LANES :], rel=1e-4, abs=1e-7) == ours.shares().T
    running = np.cumsum(share, axis=1)
    near = np.abs(running - of.chance[:, None]).min(axis=1) < 1e-5
    slot = np.minimum((running <= of.chance[:, None]).sum(axis=1), lanes.SLOTS - 1)
    assert near.mean() < 0.01
    assert (ours() == slot)[~near].all()


def test_where_few_buy_they_take_what_their_luck_says_and_others_nothing():
    of = lanes.readers(3, 256)
    buys, few = of.chance < np.float32(0.25), lanes.Ours(of, 0.25)()
    assert 0.2 < buys.mean() < 0.3
    assert (few[~buys] == -1).all()
    share = exact(of)
    slot = np.minimum((np.cumsum(share, axis=1) <= 4.0 * of.chance[:, None]).sum(axis=1), lanes.SLOTS - 1)
    assert (few == slot)[buys].mean() > 0.97
    assert (lanes.Ours(of, 0.0)() == -1).all()


def test_loyalty_is_among_what_is_weighed():
    of = lanes.readers(3, 256)
    assert (of.last[:, None] == np.repeat(of.seller, of.each, axis=0)).any(axis=1).mean() > 0.05


def test_numpy_takes_the_same_slots():
    of = lanes.readers(3, 256)
    assert (lanes.ByNumpy(of)() == lanes.Ours(of)()).mean() > 0.999


def test_c_finds_the_same_shares_and_takes_the_same_slots():
    of = lanes.readers(3, 256)
    try:
        by_c = ByC(of)
    except NoCompilerError as why:
        pytest.skip(str(why))
    ours = lanes.Ours(of)
    assert by_c.shares()[:, -lanes.LANES :] == pytest.approx(ours.shares(), rel=1e-5, abs=1e-9)
    assert (by_c() == ours()).mean() > 0.999


def test_without_a_compiler_the_rows_of_c_say_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoCompilerError, match="no compiler"):
        ByC(lanes.readers(1, 64))
    made = suite.lane_rows(1, 64, 1, with_peers=False)
    assert [row.note for row in made if "best C" in row.what] == ["no compiler"] * 2
    assert all(row.found is None and row.verdict == measure.ABSENT for row in made if "best C" in row.what)


def test_gumbel_idioms_take_slots_by_the_same_law():
    of = lanes.readers(1, 8192)
    share = exact(of)
    expected = share.sum(axis=0)
    counted = np.bincount(lanes.ByGumbel(of)(), minlength=lanes.SLOTS)
    variance = (share * (1.0 - share)).sum(axis=0)
    assert (((counted - expected) ** 2 / variance).mean()) < 2.0


def test_a_sort_in_numpy_serves_the_same_orders():
    orders = goods.Orders(50_000)
    served = orders.matched().copy()
    assert (served == orders.sorted()).all()
    assert 0.5 < served.mean() < 1.0


def test_plain_mesa_sells_as_many_units_within_one_percent():
    """With pages that please half of all visits, chance alone moves the difference by a third of a percent."""
    from abm.model import Market
    from abm.scenario import load

    pleasing = {"consumers": 20_000, "demand.propensity": 1.0, "demand.conversion": 0.5, **days.EVERYBODY}
    market = Market(load("tiny", set=pleasing))
    market.world.countries.rate[:] = days.ALWAYS
    for _ in range(7):
        market.step()
    plain = PlainMarket(Given(market.world))
    ours = theirs = 0
    for _ in range(7):
        market.step()
        plain.step()
        ours += sold(market.world)
        theirs += plain.sold
        assert plain.visits > 0.95 * 20_000
    assert ours > 50_000
    assert theirs == pytest.approx(ours, rel=0.01)


def sold(world):
    return int((world.orders.outcome == days.Outcome.BOUGHT).sum())


@pytest.fixture
def plain():
    """A small plain market, a week from its beginning."""
    one = days.Lived(500, world="tiny")
    one.week()
    return PlainMarket(Given(one.market.world))


def test_a_plain_shelf_rations_what_it_has_and_owes_the_rest(plain):
    shelf, one, other = list(plain.shelves)[:3]
    near, far = Link(shelf, one, 1.0, 3, 1), Link(shelf, other, 1.0, 5, 2)
    shelf.on_hand, shelf.book = 10, [(near, 8), (far, 6)]
    before = one.arrivals[plain.day + 3], other.arrivals[plain.day + 5]
    shelf.answer()
    assert shelf.on_hand == 10 - 4 - 2 * 3
    assert shelf.book == [(near, 4), (far, 3)]
    assert (one.arrivals[plain.day + 3], other.arrivals[plain.day + 5]) == (before[0] + 4, before[1] + 3)


def test_what_plain_mesa_sells_leaves_a_shelf_and_becomes_a_parcel(plain):
    shoppers = len(plain.shoppers)
    for shelf in plain.shelves:
        shelf.book, shelf.review = [], 10**9
        shelf.arrivals.clear()
    held = sum(shelf.on_hand for shelf in plain.shelves)
    units = 0
    for _ in range(3):
        plain.step()
        units += plain.sold
    assert 0 < units < 3 * shoppers
    assert held - sum(shelf.on_hand for shelf in plain.shelves) == units
    assert sum(map(len, plain.parcels.values())) == units, "nothing is delivered within three days"


class AlwaysNought(Random):
    """Luck with which everybody wants the first thing on the page, and stays to choose again."""

    def random(self):
        return 0.0


def test_plain_shoppers_who_find_nothing_and_stay_choose_again_twice(plain):
    plain.random, plain.decline = AlwaysNought(), -1.0
    for shelf in plain.shelves:
        shelf.on_hand, shelf.book, shelf.review = 0, [], 10**9
        shelf.arrivals.clear()
    plain.step()
    assert plain.sold == 0
    assert plain.lost == plain.visits > 0
    assert sum(shelf.asked for shelf in plain.shelves) == 3 * plain.lost


def test_everybody_shops_and_the_phases_of_a_week_are_timed():
    one = days.Lived(2_000, world="tiny")
    one.week()
    one.forget()
    one.week()
    assert one.days == days.WEEK
    assert all(len(times) == days.WEEK for times in one.spent.values())
    assert one.visits > 0.97 * days.WEEK * 2_000
    assert 0 < one.sold <= one.orders < one.visits
    one.spent["choice"] = [1e-6] * 3 + [8e-6] * 4 + [2e-6] * 14
    assert one.each("choice") == pytest.approx(2e-6 * 1e9 / 2_000)


def test_bits_that_differ_are_found():
    one, two = days.Lived(300, 1, "tiny"), days.Lived(300, 2, "tiny")
    one.day()
    two.day()
    assert days.same_bits(one.market.world, two.market.world) == []
    two.market.world.consumers.taste[7, 2] = np.nextafter(two.market.world.consumers.taste[7, 2], np.float32(9.0))
    assert days.same_bits(one.market.world, two.market.world) == ["consumers.taste"]


def test_everybody_reads_a_page_of_their_own_storefront():
    world = days.Lived(300, world="tiny").market.world
    page = days.everybody_reads(world)
    assert (page >= 0).all()
    per_front = len(world.pages) // len(world.storefronts)
    assert (page // per_front == world.front_of(np.arange(300))).all()


def test_a_crowd_multiplies_firms_and_chains_and_sells_market_by_market_where_no_shelf_is_needed():
    many = crowd.crowd("three_countries", 200, 300)
    like, made = load("three_countries"), load("three_countries", set=many)
    assert sum(group.count for group in made.firms) == pytest.approx(200, rel=0.05)
    assert sum(group.count for group in made.chains) == pytest.approx(300, rel=0.15)
    for old, new in zip(like.firms, made.firms, strict=True):
        assert (new.name, new.kind, new.country) == (old.name, old.kind, old.country)
        assert new.count == old.count if old.kind in crowd.SERVICES else new.count > old.count
    for group in made.chains:
        assert len(group.markets) == 1 or set(group.modes) & set(crowd.SHELVES)
        assert not set(group.modes) & set(crowd.SHELVES) or group.name in {old.name for old in like.chains}


def test_all_parts_of_a_benchmark_are_there(rows):
    assert {row.topic for row in rows} == {
        "limit", "lanes", "offers", "matching", "inventory", "growth", "phase", "day", "choice", "plain", "threads",
        "memory", "crowd",
    }  # fmt: skip
    assert {row.what for row in rows if row.topic == "phase"} == {phase.name for phase in days.DAY}
    missing = {row.what for row in rows if row.found is None and "C" not in row.what}
    assert missing == {"inventory against stockpyl", "inventory against SupplyNetPy",
                       "lane kernel against the best of JAX and torch"}  # fmt: skip
    assert all(row.note for row in rows if row.found is None)
    assert all(np.isfinite(row.found) for row in rows if row.found is not None)


def test_two_threads_leave_every_bit_as_it_is(rows):
    (row,) = [row for row in rows if row.what.startswith("columns that differ")]
    assert row.found == 0.0
    assert row.verdict == measure.REACHED


def test_the_table_and_the_values_say_the_same(rows):
    values = json.loads(json.dumps(table.as_dicts(rows)))
    lines = table.as_markdown(rows).splitlines()[2:]
    assert len(values) == len(lines) == len(rows)
    for value, line in zip(values, lines, strict=True):
        cells = dict(zip(table.HEADS, [cell.strip() for cell in line.split(" | ")], strict=True))
        assert cells["what"].removeprefix("| ") == value["what"]
        assert cells["reached"] == value["verdict"]
        assert cells["setting"] == value["setting"]["world"]
        assert cells["found"] == ("" if value["found"] is None else f"{table.number(value['found'])} {value['unit']}")
        assert (cells["goal"] == "") == (value["goal"] is None)


def test_numbers_keep_three_digits_that_count():
    assert [table.number(value) for value in (0.0, 0.12345, 16.62, 999.4, 1234567.8)] == [
        "0", "0.123", "16.6", "999", "1,234,568",
    ]  # fmt: skip


def test_a_page_takes_the_table_into_its_place_and_keeps_the_rest(rows):
    text = "# Speed\n\n<!-- bench -->\nof yesterday\n<!-- end -->\n\nAfter.\n"
    filled = table.filled(text, rows, MADE_ON)
    assert filled.startswith("# Speed\n\n<!-- bench -->\n\nMeasured: date 2026-01-01, cores 2.\n\n| what |")
    assert filled.endswith("\n\n<!-- end -->\n\nAfter.\n")
    assert "of yesterday" not in filled
    assert table.filled(filled, rows, MADE_ON) == filled


def test_the_page_on_speed_has_a_place_for_the_table():
    page = Path(__file__).resolve().parents[2] / "docs" / "speed.md"
    assert len(table.PLACE.findall(page.read_text(encoding="utf-8"))) == 1


def test_each_share_of_the_limit_has_a_bar_and_a_name_of_its_own(rows):
    near = [row.what for row in rows if (row.topic, row.unit) == ("lanes", "share") and row.found is not None]
    figure = figures.shares(rows)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert [f"{label}, share of the limit" for label in labels] == near
    assert len(set(labels)) == len(labels) >= 3


def test_figures_are_drawn_of_what_was_measured(rows, tmp_path):
    made = figures.drawn(rows, tmp_path / "figures")
    assert [path.stem for path in made] == list(figures.FIGURES)
    assert all(path.stat().st_size > 10_000 for path in made)
    few = figures.drawn([row for row in rows if row.topic == "phase"], tmp_path / "few")
    assert [path.stem for path in few] == ["phases"]


def entrepot(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_prints_values_tables_and_pages(rows, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(suite, "run", lambda form, peers, told: asked.append((form, peers)) or rows)
    values = json.loads(entrepot("bench", "--quick", "--json").stdout)
    assert [value["what"] for value in values["rows"]] == [row.what for row in rows]
    assert values["machine"]["processor"]
    assert rows[0].what in entrepot("bench", "--large", "--peers", "--markdown").stdout
    page = tmp_path / "page.md"
    page.write_text("<!-- bench -->\n<!-- end -->\n", encoding="utf-8")
    assert entrepot("bench", "--into", page, "--out", tmp_path / "figures").exit_code == 0
    assert rows[-1].what in page.read_text(encoding="utf-8")
    assert (tmp_path / "figures" / "growth.png").is_file()
    assert rows[4].what.split()[0] in entrepot("bench").stdout
    assert asked == [(suite.QUICK, False), (suite.LARGE, True), (suite.FULL, False), (suite.FULL, False)]


@pytest.mark.parametrize("words", [("--quick", "--large"), ("--into", "nowhere.md"), ("--into", __file__)])
def test_what_cannot_be_done_is_told_before_anything_is_measured(words, monkeypatch):
    monkeypatch.setattr(suite, "run", lambda *_: pytest.fail("measured"))
    assert entrepot("bench", *words).exit_code == 2


def test_forms_name_sizes_that_grow():
    for form in (suite.QUICK, suite.FULL, suite.LARGE):
        assert all(small < large for small, large in pairwise(form.sizes))
        assert form.each % 32 == 0
    assert suite.FULL.plain in suite.FULL.sizes
