"""Write docs/what_matters.md: which assumed and unverified figures move what a reform does, and by how much.

python scenarios/what_matters.py [TRAJECTORIES] [SEEDS] [CONSUMERS]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from abm.scenario.facts import table
from abm.show.compared import number
from abm.study.asks import sensitivity
from abm.study.asks.parameters import Runs

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "what_matters.md"
WORLD = HERE / "tiny.toml"
REFORM = [{"dest": "US", "channel": "parcel", "from": "2024-07-01", "value_hi": 800, "ad_valorem": "MFN"}]
SIZE = {"start": "2024-07-01", "warmup": 40, "days": 40}
MEASURES = ("orders", "gmv_usd", "landed_price_usd", "surplus", "sent_overseas")
ASSUMED = {
    "demand.rank": (0.075, 0.225),
    "demand.loyalty": (0.125, 0.375),
    "demand.home": (0.075, 0.225),
    "demand.xi_sd": (0.125, 0.375),
    "demand.style": (0.075, 0.225),
    "demand.survive": (0.8, 0.97),
    "demand.prior_reviews": (5.0, 20.0),
    "platform.exploration": (0.025, 0.1),
    "platform.paid_share": (0.1, 0.3),
}
"""Figures without a source, from about half to one and a half of what they are."""
WEIGHTS = {f"categories.{kind}.weight_g": f"parcel_weight_{kind}" for kind in ("apparel",)}


def ranges() -> dict[str, tuple[float, float]]:
    """The ranges of all figures; those of unverified weights are the facts' own."""
    facts = {row["key"]: row for row in table("demand_facts")}
    grams = {key: tuple(round(1000 * float(facts[name][end])) for end in ("lo", "hi")) for key, name in WEIGHTS.items()}
    return ASSUMED | grams


def study(folder: Path, name: str, trajectories: int, seeds: int, consumers: int, **more: Any) -> Path:
    """The file of a study of the world, with the reform or without."""
    path = folder / f"{name}.toml"
    lines = [f"scenario = {json.dumps(str(WORLD))}", f"seeds = {seeds}", f"samples = {trajectories}"]
    lines.append(f"measures = {json.dumps(MEASURES)}")
    settings = {**SIZE, "consumers": consumers, **more}
    lines += ["[set]", *(f"{key} = {written(value)}" for key, value in settings.items())]
    lines += ["[vary]", *(f"{key} = {{ from = {low}, to = {high} }}" for key, (low, high) in ranges().items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def written(value: Any) -> str:
    """A value as TOML; dates without quotes."""
    if isinstance(value, list):
        return f"[{', '.join(written(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {written(inner)}' for key, inner in value.items())} }}"
    return value if isinstance(value, str) and value[:4].isdigit() else json.dumps(value)


def page(folder: Path, trajectories: int, seeds: int, consumers: int) -> str:
    """What the reform does to each measure, in the mean over the design, and what each figure does to that."""
    found = []
    for name, more in (("without", {}), ("with", {"borders": REFORM})):
        asked = sensitivity.read(study(folder, name, trajectories, seeds, consumers, **more))
        problem = {"num_vars": len(asked.space), "names": list(asked.space), "bounds": [[0.0, 1.0]] * len(asked.space)}
        places = sensitivity.design(asked.says, problem)
        runs = Runs(asked, folder / f"{name}-runs", MEASURES)
        found.append(runs.at([asked.point(row) for row in places]).mean(axis=1))
    heads = (
        "measure | without | reform changes it by | least | most | figure that moves this | over its range by | sign"
    )
    lines = [f"| {heads} |", "|---" * 8 + "|"]
    for column, measure in enumerate(MEASURES):
        before, change = found[0][:, column], (found[1] - found[0])[:, column]
        told = [number(float(np.mean(before))), *(number(float(of(change)), "+") for of in (np.mean, np.min, np.max))]
        ranked = sensitivity.effects(asked.says, problem, places, change, measure)
        for place, row in enumerate(ranked.head(5).to_dict("records")):
            head = [measure, *told] if place == 0 else [""] * 5
            size = f"{number(row['effect'])} ± {number(row['plus_minus'])}"
            lines.append(f"| {' | '.join([*head, row['parameter'], size, number(row['sign'], '+')])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    trajectories, seeds, consumers = given + [2, 1, 1_000][len(given) :]
    with tempfile.TemporaryDirectory() as folder:
        text = page(Path(folder), trajectories, seeds, consumers)
    print(text)
    if not given:
        head, _, _ = PAGE.read_text(encoding="utf-8").partition("| measure |")
        PAGE.write_text(head + text, encoding="utf-8")
