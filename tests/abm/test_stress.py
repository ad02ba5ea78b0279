"""Forks in which one thing fails: what is lost where, what buffers do, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from abm import Market, load
from abm.cli import app
from abm.scenario import ScenarioError
from abm.study.asks import buffers, stress
from abm.study.asks.buffers import Buffer, put_up
from abm.study.store import FolderError

SMALL = {"consumers": 100, "warmup": 6}


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(load("tiny", set=SMALL), threads=1).run(1)


def test_losses_are_those_of_its_own_chains_and_those_of_others(market: Market) -> None:
    world = market.world
    ask = stress.asked("tiny", settings=SMALL, lead=1)
    mine = np.flatnonzero(stress._own(world, "firms", "label"))
    assert len(mine) == 1
    calm = np.full(len(world.products), 1000, np.int64)
    struck = calm.copy()
    struck[mine] -= 700
    struck[(mine[0] + 1) % len(struck)] -= 200
    forks = pd.DataFrame({"fails": [None, "label"], "packs": [calm, struck], "cents": [calm, struck]})
    (row,) = stress._league(world, ask, forks).to_dict("records")
    assert (row["lost_own_usd"], row["lost_outside_usd"], row["lost_usd"]) == (7.0, 2.0, 9.0)
    assert row["of_sales"] == pytest.approx(900 / calm.sum())


def test_a_product_that_only_one_fork_has_counts_as_lost_or_won() -> None:
    calm = pd.Series({"packs": np.array([3, 2]), "cents": np.array([30, 20])})
    struck = pd.Series({"packs": np.array([1, 2, 5]), "cents": np.array([10, 20, 50])})
    lost = stress._lost(calm, struck)
    assert lost is not None
    assert lost.tolist() == [[2, 0, -5], [20, 0, -50]]


def test_the_cheapest_of_those_that_are_enough_is_chosen() -> None:
    ask = stress.asked("tiny", settings=SMALL, lead=1)
    league = pd.DataFrame({"fails": ["a"], "lost_usd": [10.0]})

    def live(asked):
        share = {14: 0.1, 28: 0.8, 56: 0.9, 0.25: 0.95, 0.5: 1.0, 1.0: 1.0}
        cents = [1000 - (1000 * (1 - share[one["level"]]) if "fails" in one else 0) for one in asked]
        sold = [np.array([round(value)]) for value in cents]
        cost = [one["level"] * (100 if one["buffer"] != "stock" else 1) for one in asked]
        return pd.DataFrame({"packs": sold, "cents": sold, "cost_usd": cost})

    found = stress._buffered(ask, league, live, 1)
    best = found[found["cheapest"]]
    assert best[["buffer", "level"]].to_numpy().tolist() == [["capacity", 0.25]]
    assert found.groupby("buffer")["enough"].sum().to_dict() == {"capacity": 3, "second source": 2, "stock": 2}


@pytest.mark.parametrize("kind", list(buffers.LEVELS))
def test_a_buffer_is_put_up_and_costs(kind: str) -> None:
    world = Market(load("tiny", set=SMALL), threads=1).run(1).world
    nodes, links, firms = world.nodes, world.links, world.firms
    name = "knits-1" if kind == "second source" else "tailors-1"
    row = world.names["firms"].index(name)
    if kind == "second source":  # another firm makes the same
        bought = links.supplier[buffers._bought(world, row)]
        other = np.flatnonzero((nodes.firm == world.names["firms"].index("knits-2")) & (nodes.alive > 0))
        nodes.product[other] = nodes.product[bought[0]]
    before = nodes.cover.sum(), firms.capacity.copy(), np.bincount(links.buyer, links.share)
    cost = put_up(world, row, Buffer(kind, 0.5))
    after = nodes.cover.sum(), firms.capacity.copy(), np.bincount(links.buyer, links.share)
    assert cost > 0
    assert (after[0] > before[0]) == (kind == "stock")
    assert (after[1] != before[1]).any() == (kind == "capacity")
    assert after[1][row] == before[1][row]
    assert np.allclose(before[2], after[2])  # all that is wanted is still ordered, once
    if kind == "second source":
        assert (links.share[buffers._bought(world, row)] <= 0.5).all()


def test_everything_that_is_wrong_is_told_together_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as told:
        stress.asked("tiny", each="firm", day=-50, lasts=0, settings={"demand.vists": 1})
    assert {problem.key for problem in told.value.problems} >= {"each", "for"}
    assert 'did you mean "firms"?' in str(told.value)
    with pytest.raises(ScenarioError, match="the market is kept 28 days before"):
        stress.asked("tiny", day=-10)
    found = CliRunner().invoke(app, ["stress", "tiny", "--each", "firm", "--out", str(tmp_path / "out")])
    assert found.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_the_command_prints_a_league_and_goes_on_where_it_was(tmp_path: Path) -> None:
    words = ["stress", "tiny", "--each", "countries", "--for", "2", "--horizon", "3", "--lead", "1", "--workers", "1",
             "--set", "consumers=100", "--set", "warmup=6", "--out", str(tmp_path / "out")]  # fmt: skip
    first = CliRunner().invoke(app, words)
    assert first.exit_code == 0, first.output
    assert "3 runs lived" in first.output
    assert "outside its chains" in first.output
    again = CliRunner().invoke(app, words)
    assert "0 runs lived, 3 were there before" in again.output
    assert len(pd.read_csv(tmp_path / "out" / "league.csv")) == 2
    kept = next((tmp_path / "out").glob("*.npz"))
    kept.write_bytes(b"no market")
    with pytest.raises(FolderError, match="damaged"):
        stress.stress(stress.asked("tiny", "countries", 0, 2, 3, 1, SMALL), tmp_path / "out")
