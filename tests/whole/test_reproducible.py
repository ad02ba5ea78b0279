"""The same scenario and seed give the same bits, whoever computes them; without noise every day is the same day."""

import hashlib
import os
import subprocess
import sys

import pytest

from abm.scenario import load
from kernels import threads

WIDE = {"consumers": 4 * threads.WINDOW + 5_000, "warmup": 0}
"""A market of more than four windows of consumers."""
SCRIPT = """
import hashlib
from abm.model import Market
from abm.scenario import load
market = Market(load("tiny", set={"warmup": 0, "consumers": 3000}), threads=1).run(25)
tables = [getattr(market.world, name) for name in ("consumers", "nodes", "links", "offers", "accounts", "firms")]
found = b"".join(getattr(table, name).tobytes() for table in tables for name in table.columns)
print(hashlib.sha256(found + repr(market.world.daily).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def lived(market, state):
    """A digest of every column after each of some days, on so many threads."""

    def live(days, on=2, **changes):
        before = threads.using()
        threads.use(on)
        made = market(**changes)
        found = []
        for _ in range(days):
            made.step()
            found.append({name: hashlib.sha256(value).hexdigest() for name, value in state(made.world).items()})
        threads.use(before)
        return found

    return live


@pytest.fixture(scope="module")
def wide(lived):
    """The wide market on one thread."""
    return lived(12, on=1, **WIDE)


@pytest.mark.parametrize("on", [2, 4])
def test_any_number_of_threads_gives_the_same_bits(on, lived, wide):
    assert lived(12, on=on, **WIDE) == wide


@pytest.mark.parametrize("window", [1009, 1 << 20])
def test_wherever_chunks_begin_the_bits_are_the_same(window, lived, wide, monkeypatch):
    monkeypatch.setattr(threads, "WINDOW", window)
    assert lived(12, on=3, **WIDE) == wide


def test_a_race_too_gives_the_same_bits_on_any_number_of_threads_and_others_than_a_draw_by_shares(lived, monkeypatch):
    monkeypatch.setattr(threads, "WINDOW", 1009)
    raced = {"warmup": 0, "consumers": 5_000, "chance.draw": "race"}
    days = lived(8, on=1, **raced)
    assert lived(8, on=3, **raced) == days
    assert lived(8, on=1, **raced | {"chance.draw": "cdf"}) != days


def test_another_seed_gives_other_days(lived, wide):
    assert lived(2, seed=2, **WIDE) != wide[:2]


def freshly(folder, hashing):
    """The digest of a run in a process of its own, its cache of compiled kernels in this folder."""
    surroundings = {**os.environ, "ENTREPOT_CACHE": str(folder), "PYTHONHASHSEED": hashing}
    surroundings.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=surroundings, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_kernels_compiled_afresh_or_from_the_cache_give_the_same_bits_whatever_the_order_of_hashes(tmp_path):
    cold = freshly(tmp_path, "1")
    assert len(cold) == 64
    assert freshly(tmp_path, "2") == cold


@pytest.mark.parametrize(
    "changes",
    [
        {"shocks": [{"day": 20, "scale": {"firms.kind=carrier.capacity": 0.05}}]},
        {"shocks": [{"day": 20, "announced": 5, "set": {"countries.US.customs": 0}}]},
        {"borders": [{"dest": "US", "channel": "parcel", "from": "2024-07-21", "ad_valorem": 20.0}]},
    ],
    ids=["a weaker fleet", "customs on strike", "a duty on parcels"],
)
def test_two_scenarios_are_one_until_the_first_difference_takes_effect(changes, market, measured):
    plain, other = (measured(market(warmup=0, consumers=3000, **more).run(35)) for more in ({}, changes))
    cut = plain.index("'day': 20,")
    assert other[:cut] == plain[:cut]
    assert other != plain


def test_a_firm_with_which_nobody_trades_leaves_the_days_as_they_were(market):
    """Rows that stand beside others change no draw of theirs."""
    idle = [{"name": "idle", "kind": "broker", "country": "US", "serves": ["CN"]}]
    plain, other = (market(warmup=0, **more).run(10).world.daily for more in ({}, {"firms": idle}))
    for column in ("visits", "orders", "gmv_usd", "delivered", "stock_units"):
        assert [row[column] for row in plain] == [row[column] for row in other]


STILL = {
    "chance.noise": False,
    "platform.paid_share": 0.0,
    **{f"dials.{dial}": 0.0 for dial in ("feedback.weight", "dynamics.rewiring", "dynamics.entry", "dynamics.exit",
                                         "personalisation.pages", "personalisation.coupons")},
    **{f"firms.{firm.name}.price_days": 3650.0 for firm in load("tiny").firms},
    **{f"firms.{firm.name}.review_days": 1 for firm in load("tiny").firms},
}  # fmt: skip
"""No noise, prices that nobody reviews, no slots for sale, nobody who learns, leaves or comes; orders every day."""
GOODS = ("made", "restocked", "delivered", "used", "scrapped", "opening")


def test_without_noise_every_day_repeats(market):
    made = market(warmup=0, **STILL)
    world, days = made.world, []
    for _ in range(400):
        before = {name: getattr(world.products, name).copy() for name in GOODS}
        made.step()
        goods = world.products
        moved = {name: (getattr(goods, name) - before[name]).tolist() for name in GOODS}
        where = {name: getattr(goods, name).tolist() for name in ("in_work", "in_transit", "in_customs")}
        orders = {name: getattr(world.orders, name).tolist() for name in ("consumer", "offer", "outcome")}
        shelves = {name: getattr(world.nodes, name).tolist() for name in ("on_hand", "reserved", "ordered", "sold")}
        days.append({"orders": orders, **moved, **where, **shelves, "placed": world.links.placed.tolist()})
    settled = days[360:]
    assert len(settled[0]["orders"]["consumer"]) > 5
    assert sum(settled[0]["made"]) > 5
    assert all(day == settled[0] for day in settled)
