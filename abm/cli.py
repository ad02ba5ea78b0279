"""The commands of a terminal: what each takes, prints and leaves behind, and the code with which it ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abm import asking, sweeping
from abm.answering import BAD_INPUT, FAILED, answering, say

if TYPE_CHECKING:
    from abm.show.summary import Line

SAMPLE = 2_000
"""Consumers with whom a world is built to be looked at."""

app = typer.Typer(
    name="entrepot",
    help="A cross-border e-commerce market, simulated one day at a time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command that the terminal asks for."""
    app()


def _print(lines: Sequence[Line]) -> None:
    from shutil import get_terminal_size

    from abm.show.summary import as_text

    typer.echo(as_text(lines, get_terminal_size((120, 24)).columns))


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"entrepot {version('entrepot')}")
        raise typer.Exit


@app.callback()
def entrepot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """A cross-border e-commerce market, simulated one day at a time."""


ScenarioFile = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of one.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set one key of the scenario; may be repeated.")
]
NoUserCode = Annotated[bool, typer.Option("--no-user-code", help="Refuse rules written as module:Class.")]


@app.command()
def run(
    scenario: ScenarioFile,
    days: Annotated[int | None, typer.Option(help="Reported days.")] = None,
    consumers: Annotated[int | None, typer.Option(help="How many consumers stand for all shoppers.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of all chance.")] = None,
    settings: Settings = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the kernels; all cores unless said.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to keep the run; runs/TITLE-seedN unless said.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a finished run.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Write the tables as CSV, too.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Draw no report.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Live the warm-up though it was lived before.")] = False,
    no_user_code: NoUserCode = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Simulate a scenario and keep its days, firms, chains, trade and a report in a folder."""
    with answering():
        from abm.scenario.reading.loading import assignments
        from abm.show.progress import Bar
        from abm.study.run import run as live
        from kernels.compiled import compiling

        with Bar(quiet) as bar, compiling(bar.compiling):
            kept = live(
                scenario, days=days, consumers=consumers, seed=seed, set=assignments(settings or ()), threads=threads,
                out=out, overwrite=overwrite, csv=csv, progress=bar.day, report=not no_report, afresh=afresh,
                user_code=not no_user_code,
            )  # fmt: skip
        if not quiet:
            from abm.show.summary import summary

            typer.echo(kept.scenario.title)
            _print(summary(kept))
            typer.echo(f"kept in {kept.folder}" + ("" if no_report else f"; to look at: {kept.folder / 'report.html'}"))


@app.command()
def check(scenario: ScenarioFile, settings: Settings = None, no_user_code: NoUserCode = False) -> None:
    """Tell all errors of a scenario at once, or what world it describes and which figures of it are unverified."""
    with answering():
        from abm.scenario.build import build
        from abm.scenario.reading.loading import assignments, load
        from abm.show.checked import checked

        said = load(scenario, set=assignments(settings or ()), user_code=not no_user_code)
        few = min(said.consumers, SAMPLE)
        world = build(load(said, set={"consumers": few}, user_code=not no_user_code))
        typer.echo(said.title)
        _print(checked(said, world))


FirstWorld = Annotated[str, typer.Argument(metavar="A", help="A scenario file, or the name of one.")]
OtherWorld = Annotated[str, typer.Argument(metavar="B", help="The scenario that is compared with A, on its own days.")]


@app.command()
def compare(
    a: FirstWorld,
    b: OtherWorld,
    seeds: Annotated[int, typer.Option(min=1, help="Pairs of runs, with seeds from 1 on.")] = 5,
    days: Annotated[int | None, typer.Option(help="Reported days; those of B unless said.")] = None,
    consumers: Annotated[int | None, typer.Option(help="Consumers in each world; as many as in B unless said.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; one for each core unless said.")] = None,
    settings: Settings = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day of the effects; when the worlds part unless said.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print all measures.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print plain values.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to keep effects, days and a page with figures.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is finished there.")] = False,
    no_user_code: NoUserCode = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Live two worlds under the same luck, seed by seed, and tell by how much the second differs from the first."""
    with answering():
        from abm.scenario.reading.loading import assignments
        from abm.show.compared import as_dict, show
        from abm.show.progress import Bar
        from abm.study.compare import compare as pair

        with Bar(quiet) as bar:
            found = pair(
                a, b, seeds=seeds, days=days, consumers=consumers, workers=workers, set=assignments(settings or ()),
                since=since, out=out, overwrite=overwrite, progress=bar.day, user_code=not no_user_code,
            )  # fmt: skip
        if json and not quiet:
            typer.echo(_json(as_dict(found)))
        elif not quiet:
            show(found, every)
            if out is not None:
                typer.echo(f"kept in {out}; to look at: {out / 'compare.html'}")


@app.command()
def why(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="consumer, firm, parcel or chain.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="A name; a consumer's number; a parcel as CONSUMER@DAY.")],
    worlds: Annotated[tuple[str, str], typer.Option("--in", metavar="A B", help="Two scenarios.")],
    seed: Annotated[int | None, typer.Option(help="The seed of all chance, the same in both.")] = None,
    days: Annotated[int | None, typer.Option(help="Reported days; those of B unless said.")] = None,
    consumers: Annotated[int | None, typer.Option(help="Consumers in each world; as many as in B unless said.")] = None,
    settings: Settings = None,
    no_user_code: NoUserCode = False,
) -> None:
    """Follow one agent through two worlds with the same luck: where they first differ, and how that reaches it."""
    with answering():
        from abm.scenario.reading.loading import assignments
        from abm.show.reasons import show
        from abm.study.compare import settled
        from abm.study.why import why as reason

        given = {"seed": seed, "days": days, "consumers": consumers}
        settings_of_both = {key: value for key, value in given.items() if value is not None}
        said = {**assignments(settings or ()), **settings_of_both}
        a, b, _ = settled(*worlds, said, 1, None, not no_user_code, alike=("seed",))
        show(reason(kind, name, a, b), a.title, b.title)


@app.command()
def quote(
    origin: Annotated[str, typer.Option("--from", metavar="COUNTRY", help="Where the goods are sent from.")],
    dest: Annotated[str, typer.Option("--to", metavar="COUNTRY", help="Where the shopper lives.")],
    category: Annotated[str, typer.Option(help="The kind of goods.")],
    price: Annotated[str, typer.Option(help="Value of the consignment without freight and tax.")],
    date: Annotated[str, typer.Option(help="The day, as in 2026-07-02.")],
    mode: Annotated[str | None, typer.Option(help="express, line, post, overseas, bonded or retail.")] = None,
    compare_modes: Annotated[bool, typer.Option("--compare-modes", help="Set all modes side by side.")] = False,
    currency: Annotated[str, typer.Option(help="The currency of price and freight.")] = "USD",
    goods_origin: Annotated[
        str | None, typer.Option("--origin", metavar="COUNTRY", help="Country of the last manufacture, if another.")
    ] = None,
    freight: Annotated[str | None, typer.Option(help="What freight costs; that of the facts unless said.")] = None,
    units: Annotated[int, typer.Option(help="Units of the consignment.")] = 1,
    item_types: Annotated[int, typer.Option("--item-types", help="Distinct six-digit headings among them.")] = 1,
    kg: Annotated[str | None, typer.Option(help="What it weighs; as in the facts unless said.")] = None,
    channel: Annotated[str | None, typer.Option(help="parcel, bulk or bonded; that of the mode unless said.")] = None,
    us_post: Annotated[str | None, typer.Option("--us-post", help="ad_valorem or flat, for post to the US.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print plain values.")] = False,
) -> None:
    """Print a landed price line by line, each with its rule and source, or compare the modes of delivery."""
    with answering():
        from abm import quote_text
        from abm.quote import compare_modes as compare
        from abm.quote import quote as ask

        more: dict[str, Any] = {
            "currency": currency, "goods_origin": goods_origin, "freight": freight, "units": units,
            "item_types": item_types, "kg": kg, "us_post": us_post,
        }  # fmt: skip
        if compare_modes:
            results = compare(origin, dest, category, price, date, channel=channel, **more)
            typer.echo(_json(quote_text.comparison_dict(results)) if json else quote_text.comparison_text(results))
            return
        result = ask(origin, dest, category, price, mode or "", date, channel=channel, **more)
        typer.echo(_json(quote_text.as_dict(result)) if json else quote_text.as_text(result))


def _json(said: object) -> str:
    from json import dumps

    return dumps(said, indent=2, ensure_ascii=False)


@app.command()
def describe(
    parts: Annotated[
        list[str] | None, typer.Argument(metavar="[PART]...", help="columns, phases, rules, measures, keys.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print tables for a page.")] = False,
    into: Annotated[
        Path | None, typer.Option(metavar="PAGE", help="Print anew what a page such as docs/model.md holds of it.")
    ] = None,
    json_schema: Annotated[
        bool,
        typer.Option("--json-schema", help="Print scenarios/scenario.schema.json, by which editors know the keys."),
    ] = False,
) -> None:
    """Print columns with unit and meaning, phases with what they write, rules with parameters, measures; or keys."""
    with answering():
        if json_schema:
            from abm.scenario.schema.published import as_text as published

            typer.echo(published(), nl=False)
            return
        from abm.describe import PARTS, PRINTED_PLACE, as_markdown, as_text, filled

        if into and not into.is_file():
            say(f"{into} is not a file")
            raise typer.Exit(BAD_INPUT)
        page = into.read_text(encoding="utf-8") if into else ""
        asked = [*(parts or ()), *(place[2] for place in PRINTED_PLACE.finditer(page))]
        unknown = [part for part in asked if part not in PARTS]
        if unknown:
            say(f"no part {', '.join(unknown)}; admissible: {', '.join(PARTS)}")
            raise typer.Exit(BAD_INPUT)
        if into:
            into.write_text(filled(page), encoding="utf-8")
            return
        typer.echo(as_markdown(parts or ()) if markdown else as_text(parts or ()))


@app.command()
def validate(
    cases: Annotated[
        Path | None, typer.Argument(metavar="CASES.toml", help="Your own cases; those that come along unless said.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out slow cases.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print plain values.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/validation.md.")] = False,
    families: Annotated[
        bool, typer.Option("--families", help="Print the page docs/how_to_validate.md: what families of cases take.")
    ] = False,
) -> None:
    """Hold the market's own arithmetic against theory: what is expected, what is found, and whether it holds."""
    with answering():
        from abm.study.validation.cases import built_in, read
        from abm.study.validation.documents import families_page, results_page
        from abm.study.validation.table import FAILS, as_dicts, as_markdown
        from abm.study.validation.table import run as hold

        if families:
            typer.echo(families_page())
            return
        from abm.show.progress import Bar
        from kernels.threads import cores

        wanted = [case for case in (read(cases) if cases else built_in()) if not (quick and case.kind == "slow")]
        slow = any(case.kind == "slow" for case in wanted)
        with Bar() as bar:
            bar.case(0, len(wanted))
            results = hold(wanted, workers=cores() if slow else 1, told=bar.case)
        if json:
            typer.echo(_json(as_dicts(results)))
        else:
            typer.echo(results_page(results) if markdown else as_markdown(results))
        failing = sum(result.verdict == FAILS for result in results)
        if failing:
            say(f"{failing} of {len(results)} cases fail")
            raise typer.Exit(FAILED)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes and few rounds, in about a minute.")] = False,
    large: Annotated[bool, typer.Option("--large", help="Up to ten million consumers.")] = False,
    peers: Annotated[bool, typer.Option("--peers", help="Measure JAX, torch, stockpyl, SupplyNetPy if here.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print plain values.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a table for a page.")] = False,
    into: Annotated[
        Path | None, typer.Option(metavar="PAGE", help="Print the table into its place in a page: docs/speed.md.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw what was found into a folder.")] = None,
) -> None:
    """Measure how fast this is, as ratios in one run: the machine's limit, the kernels, the day, and their peers."""
    with answering():
        from abm.show.progress import Bar
        from abm.study.bench import table
        from abm.study.bench.suite import FULL, LARGE, QUICK
        from abm.study.bench.suite import run as measure

        if quick and large:
            say("--quick and --large exclude each other")
            raise typer.Exit(BAD_INPUT)
        if into and not (into.is_file() and table.PLACE.search(into.read_text(encoding="utf-8"))):
            say(f"{into} is not a page with <!-- bench --> and <!-- end --> in it")
            raise typer.Exit(BAD_INPUT)
        with Bar() as bar:
            rows = measure(QUICK if quick else LARGE if large else FULL, peers, bar.part)
        made_on = {"form": "quick" if quick else "large" if large else "full", **table.machine()}
        if out:
            from abm.study.bench.figures import drawn

            drawn(rows, out)
        if into:
            into.write_text(table.filled(into.read_text(encoding="utf-8"), rows, made_on), encoding="utf-8")
        elif json:
            typer.echo(_json({"machine": made_on, "rows": table.as_dicts(rows)}))
        elif markdown:
            typer.echo(table.page(rows, made_on))
        else:
            table.show(rows, made_on)


app.command()(sweeping.sweep)
app.command()(sweeping.compact)
app.command()(asking.stress)
app.command()(asking.sensitivity)
app.command()(asking.calibrate)
app.command()(asking.optimise)


if __name__ == "__main__":
    main()
