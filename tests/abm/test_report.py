"""The report of a run needs nothing but itself, and every figure can be drawn of any run."""

import base64
import re
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from matplotlib import image

from abm.show.checked import checked
from abm.show.gallery import PLOTS, drawn, saved
from abm.show.plots import FEW, Plot, smooth
from abm.show.report import page, tabular
from abm.show.summary import as_text, summary
from abm.study.figures import standings, unverified
from abm.study.run import Run, run

TINY = Path(__file__).resolve().parents[2] / "scenarios" / "tiny.toml"
RUNS = {"usual": (70, 300), "short": (3, 300), "one day": (1, 300), "empty": (30, 0)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    top = tmp_path_factory.mktemp("runs")
    return {
        name: run(TINY, days=days, consumers=people, set={"warmup": 2}, out=top / name, report=name == "usual")
        for name, (days, people) in RUNS.items()
    }


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_every_figure_is_drawn_of_any_run_and_has_units_on_its_axes(
    plot: Plot, name: str, runs: dict[str, Run]
) -> None:
    figure = drawn(plot, runs[name])
    buffer = BytesIO()
    saved(figure, buffer, "png")
    assert len(figure.axes) >= 1
    for axes in figure.axes:
        assert axes.get_ylabel() or axes.get_xlabel()
    buffer.seek(0)
    assert np.asarray(image.imread(buffer)).std() > 0.01, "something is drawn"


def test_lines_of_exchange_rates_are_of_currencies(runs: dict[str, Run]) -> None:
    (plot,) = (one for one in PLOTS if one.name == "quality")
    kept = runs["usual"].daily
    days = kept.assign(fx_gain_usd=-3.0, **{f"fx_A{x}A": 1.0 + 0.01 * kept.index for x in "BCDEFGHI"})
    _, middle, _ = drawn(plot, cast("Run", SimpleNamespace(daily=days))).axes
    named = [line.get_label() for line in middle.lines if not str(line.get_label()).startswith("_")]
    rates = [name for name in days if str(name).startswith("fx_") and name != "fx_gain_usd"]
    assert len(middle.lines) == len(rates) > len(named)
    assert {f"fx_{name}" for name in named} < set(rates)


def test_no_text_of_a_figure_lies_outside_it(runs: dict[str, Run]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for plot in PLOTS:
        figure = drawn(plot, runs["usual"])
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box = figure.bbox
        for axes in figure.axes:
            inside = axes.get_tightbbox(canvas.get_renderer())
            assert inside is not None
            assert inside.x0 >= -1, (plot.name, inside)
            assert inside.x1 <= box.width + 1, (plot.name, inside)
            assert inside.y1 <= box.height + 1, (plot.name, inside)


def test_the_report_is_one_page_that_needs_no_network(runs: dict[str, Run]) -> None:
    made = runs["usual"]
    text = (made.folder / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    pictures = re.findall(r'src="([^"]+)"', text)
    assert len(pictures) == len(PLOTS)
    for one in pictures:
        kind, _, data = one.partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert b"</svg>" in base64.b64decode(data)
    assert not re.search(r"(href|src)=\"?(https?:)?//|@import|<script|url\(", text)
    for name in (*made.manifest["phase_seconds"], *made.units, made.manifest["scenario_sha256"]):
        if name not in ("day", "date"):
            assert name in text
    for line in summary(made):
        assert line.what in text


def test_what_a_scenario_says_is_escaped(runs: dict[str, Run], tmp_path: Path) -> None:
    made = run(TINY, days=1, consumers=0, set={"warmup": 0, "title": "<script>&"}, out=tmp_path / "a", report=False)
    assert "<script>" not in page(made)
    assert "&lt;script&gt;&amp;" in page(made)


def test_the_summary_adds_up(runs: dict[str, Run]) -> None:
    made = runs["usual"]
    said = {line.what: line for line in summary(made)}
    daily = made.daily
    assert said["orders"].value == f"{daily['orders'].sum():,}"
    assert said["paid by consumers"].value == f"{daily['gmv_usd'].sum():,.0f} USD"
    price = daily["gmv_usd"].sum() / daily["units"].sum()
    assert said["landed price"].value == f"{price:.2f} USD"
    parts = [float(part) for part in re.findall(r"-?\d+\.\d+", said["landed price"].more)]
    assert abs(sum(parts) - price) < 0.05
    assert said["fill rate"].value == f"{daily['orders'].sum() / (daily['orders'].sum() + daily['lost'].sum()):.1%}"
    assert said["unverified figures"].value == str(unverified(made.scenario))
    assert as_text(summary(runs["empty"]))


def test_long_words_of_a_summary_are_wrapped_under_themselves(runs: dict[str, Run]) -> None:
    text = as_text(summary(runs["usual"]), width=70)
    assert max(map(len, text.splitlines())) <= 90
    assert len(text.splitlines()) > len(summary(runs["usual"]))


def test_unverified_figures_are_counted_by_table(runs: dict[str, Run]) -> None:
    made = runs["usual"]
    found = {one.table: one for one in standings(made.scenario)}
    assert all(one.unverified + one.assumed <= one.rows for one in found.values())
    assert found["demand_facts"].unverified > 0
    assert all(one.rows for one in found.values())
    rules = " ".join(found["trade_rules"].doubtful)
    assert not re.search(r"\b(DE|JP|BR)\b", rules), "countries that the world does not have"


def test_the_week_is_smoothed_once_there_has_been_one(runs: dict[str, Run]) -> None:
    daily = runs["usual"].daily
    mean = smooth(daily["orders"])
    assert mean.iloc[:6].isna().all()
    assert mean.iloc[6] == pytest.approx(daily["orders"].iloc[:7].mean())
    assert len(daily) > FEW


def test_a_world_is_summarised_before_it_lives() -> None:
    from abm.model import Market

    market = Market(str(TINY), consumers=10)
    text = as_text(checked(market.settled, market.world))
    for words in ("CN, US", "apparel", "manufacturer 3", "listings"):
        assert words in text


def test_a_sentence_under_a_row_is_as_wide_as_the_table() -> None:
    told = tabular(("what", "how much"), [("a", "1"), ("b", "2")], numbers=(1,), under=["of <a>", "of b"])
    assert (
        told.index(">a<") < told.index('<tr class="aside"><td colspan="2">of &lt;a&gt;</td></tr>') < told.index(">b<")
    )
    assert told.count("<tr") == 1 + 4
    assert tabular(("what",), [("a",)]).count("<tr") == 2
