"""A market that was kept in a file lives on bit for bit, and a fork with another past is refused."""

import json
from datetime import date

import numpy as np
import pytest

from abm import each, load
from abm.checkpoint import CheckpointError
from abm.day import DAY
from abm.model import Market
from kernels import threads

BUSY = {"consumers": 1200, "warmup": 5, "days": 400, "demand.visits": 0.9}
LATER = """
[[shocks]]
name = "dear ships"
day = 40
scale = { "lanes.haul=sea.capacity" = 0.5 }

[[borders]]
dest = "US"
channel = "parcel"
from = 2024-08-20
value_hi = 800
ad_valorem = 40.0
"""


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A busy little market that was kept after thirty days, and the file."""
    monkeypatch.setattr("abm.phases.turnover.BIRTH_RATE", 0.5)  # so that newcomers lengthen the tables
    market = Market("tiny", **BUSY).run(30)
    market.random.random(), market.rng.random()  # a user's own draws
    market.save(tmp_path / "kept.npz")
    return market, tmp_path / "kept.npz"


@pytest.fixture
def one_thread():
    before = threads.using()
    threads.use(1)
    yield
    threads.use(before)


def test_it_lives_on_bit_for_bit_on_any_number_of_threads(kept, state, one_thread):
    market, path = kept
    again = Market.load(path, threads=2)
    assert state(again.world) == state(market.world)
    start = len(market.world.firms)
    again.run(45)
    threads.use(1)
    market.run(45)
    assert state(again.world) == state(market.world)
    assert len(market.world.firms) > start  # tables have grown since
    assert [str(firm) for firm in again.agents] == [str(firm) for firm in market.agents]
    assert repr(again.datacollector.model_vars) == repr(market.datacollector.model_vars)  # some measures are nan
    assert (again.steps, again.running) == (market.steps, market.running)
    assert again.random.random() == market.random.random()
    assert again.rng.random() == market.rng.random()


def scenario(folder, text, **settings):
    """A scenario beside the tiny one with something more."""
    path = folder / "more.toml"
    path.write_text(f'schema = 1\nextends = "{(load_folder() / "tiny.toml").as_posix()}"\ntitle = "more"\n{text}')
    return load(path, set={**BUSY, **settings})


def load_folder():
    return load("tiny").folders[0]


def test_a_fork_is_the_world_in_which_what_happens_later_was_there_from_the_start(kept, state, tmp_path):
    _, path = kept
    later = scenario(tmp_path, LATER)
    fork, straight = Market.load(path, later).run(35), Market(later).run(65)
    assert state(fork.world) == state(straight.world)
    assert fork.world.names == straight.world.names
    assert len(fork.world.names["borders"]) == len(fork.world.borders)
    unlike = Market("tiny", **BUSY).run(65)
    assert state(fork.world) != state(unlike.world)


@pytest.mark.parametrize(
    ("text", "settings", "key"),
    [
        ("", {"dials.information.share": 0.9}, "dials.information.share"),
        ("", {"seed": 2}, "seed"),
        (LATER.replace("day = 40", "day = 40\nannounced = 20"), {}, "shocks"),
        (LATER.replace("day = 40", "day = 29"), {}, "shocks"),
        (LATER.replace("from = 2024-08-20", "from = 2024-08-20\nannounced = 2024-07-02"), {}, "borders"),
    ],
)
def test_a_fork_with_another_past_or_announcement_is_refused(kept, tmp_path, text, settings, key):
    _, path = kept
    with pytest.raises(CheckpointError, match=rf"^{key}[^:]*: the kept market has lived until {date(2024, 7, 31)}"):
        Market.load(path, scenario(tmp_path, text, **settings))


def test_the_same_day_said_otherwise_is_the_same_past(tmp_path, state):
    known = LATER.replace("day = 40", "day = 20")
    market = Market(scenario(tmp_path, known)).run(30)
    market.save(tmp_path / "kept.npz")
    said = scenario(tmp_path, known.replace("day = 20", "day = 2024-07-21"))
    assert state(Market.load(tmp_path / "kept.npz", said).world) == state(market.world)


def test_own_import_rules_are_known_by_their_place(tmp_path):
    later = LATER[LATER.index("[[borders]]") :]
    known = later.replace("from = 2024-08-20", "from = 2024-07-05").replace('"parcel"', '"bulk"')
    Market(scenario(tmp_path, known)).run(30).save(tmp_path / "kept.npz")
    assert Market.load(tmp_path / "kept.npz", scenario(tmp_path, known + later)).day == 30
    with pytest.raises(CheckpointError, match=r"borders\.#1"):
        Market.load(tmp_path / "kept.npz", scenario(tmp_path, later + known))


def test_what_firms_and_rules_remember_beside_columns_and_other_phases_are_refused(kept, tmp_path):
    market, path = kept
    with pytest.raises(CheckpointError, match="was lived by the phases shocks, border"):
        Market.load(path, phases=DAY[:-1])
    market.world.agents[2]._plan = 3
    with pytest.raises(CheckpointError, match="remembers _plan, which no column holds"):
        market.save(tmp_path / "other.npz")
    del market.world.agents[2]._plan
    object.__setattr__(market.world.rules["pricing"][0], "seen", [1])
    with pytest.raises(CheckpointError, match="a rule of pricing, was given as an object or remembers"):
        market.save(tmp_path / "other.npz")
    assert not (tmp_path / "other.npz").exists()


def test_rules_in_a_file_beside_the_scenario_come_along_and_objects_do_not(tmp_path, state):
    (tmp_path / "mine.py").write_text(
        "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Flat:\n"
        '    """One price for all."""\n\n    def __call__(self, world, rows):\n        return rows * 0.0 + 2000.0\n'
    )
    own = scenario(tmp_path, "", **{"firms.label.pricing": {"rule": "mine:Flat"}})
    market = Market(own).run(4)
    market.save(tmp_path / "kept.npz")
    assert state(Market.load(tmp_path / "kept.npz").run(9).world) == state(market.run(9).world)
    (tmp_path / "mine.py").write_text((tmp_path / "mine.py").read_text().replace("2000.0", "2100.0"))
    with pytest.raises(CheckpointError, match="kept by another version, facts or rules of your own"):
        Market.load(tmp_path / "kept.npz")
    given = Market("tiny", **BUSY, **{"firms.label.pricing": each(lambda firm: 900.0)})
    with pytest.raises(CheckpointError, match=r"^firms.label.pricing: classes and functions"):
        given.save(tmp_path / "given.npz")
    assert not (tmp_path / "given.npz").exists()


def test_a_file_that_is_none_of_ours_is_refused_and_one_that_cannot_be_written_leaves_nothing(kept, tmp_path):
    market, path = kept
    for name, data in (("text", b"days"), ("half", path.read_bytes()[:-2000])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CheckpointError, match=f"{name} is no market that was kept, or is damaged"):
            Market.load(tmp_path / name)
    np.savez(tmp_path / "other.npz", about=np.frombuffer(json.dumps({"edition": 0}).encode(), np.uint8))
    with pytest.raises(CheckpointError, match="is of edition 0"):
        Market.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        market.save(tmp_path / "nowhere" / "kept.npz")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["half", "kept.npz", "other.npz", "text"]
