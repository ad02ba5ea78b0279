"""Show that the tests catch faults: break the code in one place, run the fast part of the tests, tell who noticed.

`python tests/mutants.py` draws single-token mutants of kernels, phases and settlement and writes `tests/mutants.md`;
`--faults` takes the hand-written faults of `tests/faults.toml` and writes `tests/faults.md`; `--fast` only runs the
fast part on the tree as it is. Nothing is changed in the working tree: each worker breaks its own copy of it.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import keyword
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
NOT_ARITHMETIC = {"kernels/__init__.py", "kernels/compiled.py", "abm/phases/__init__.py"}

KERNELS = ("tests/kernels",)
DIRECT = (*(f"tests/whole/test_{name}.py" for name in (
    "edges", "signals", "own_rows", "steps", "by_hand", "services", "exchange", "exits", "terms", "room",
    "exits_by_row", "sales_by_row", "parcels_by_row",
    "given_demand", "pricing_rules", "flows", "border_terms", "information", "personal", "firms_that_move",
)), "tests/abm/test_border_cases.py")  # fmt: skip
GOLDEN = ("tests/whole/test_headlines.py", "tests/whole/test_fingerprints.py")
SLOW = ("test_compiled", "goods_flow", "tames", "prices_differently", "vary_as_theory", "hidden_groups",
        "advantages_part", "without_the_lever", "learned_without_a_look", "pages_of_segments_differ",
        "mode_becomes_an_offer", "disappointed_by_a_storefront", "sold_only_where_customs", "rates_stand_still",
        "bids_follow_the_part", "what_some_owe_for_goods", "treasuries_get_what", "cash_is_opening_cash",
        "what_shoppers_pay_is_price", "returned_packs_go_back", "duty_on_bonded_goods_waits", "coupons_go_to_segments",
        "import_vat_is_a_cost", "who_waited_longest", "no_neighbour_costs_less",
        "every_order_is_of_a_size", "a_line_moves_to_another_maker", "suppliers_see_the_peak",
        "outside_the_system_records")  # fmt: skip
"""Tests that take long for the little that they catch alone."""
FAST = (
    "--hypothesis-profile=fast",
    "-k",
    " and ".join(f"not {name}" for name in SLOW),
)
"""The fast part: kernels first and directly, then mechanisms in small worlds, the numbers of whole runs last."""

LIMIT = 300
"""Seconds of processor time after which a run counts as hung, and the fault as caught."""
WAIT = 3600
"""Seconds after which a run that does nothing counts as hung."""

SWAPS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "//": "*", "%": "+", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<",
    "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "&=": "|=", "|=": "&=", "and": "or", "or": "and", "~": "",
    "not": "", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
}  # fmt: skip
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
UNARY = {"-": "+", "~": "", "not": ""}
TYPES = {"int", "float", "str", "bool", "bytes", "object", "tuple", "list", "dict", "set"}


@dataclass(frozen=True)
class Mutant:
    """A change of a source: what stands from `begin` to `end`, in characters, becomes `new`."""

    path: str
    kind: str
    begin: int
    end: int
    old: str
    new: str
    line: int
    context: str

    def text(self) -> str:
        source = (ROOT / self.path).read_text(encoding="utf-8")
        return source[: self.begin] + self.new + source[self.end :]

    def luck(self, seed: int) -> str:
        """Its place in the draw, by its own words: an edit elsewhere does not change who is drawn."""
        words = f"{seed} {self.path} {self.context} {self.new}"
        return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


def skipped(tree: ast.Module) -> Iterator[ast.AST]:
    """Parts that declare and do not compute: annotations, decorators, parameters and columns, messages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from node.decorator_list
            yield from [node.returns] if node.returns else []
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        calls = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        bases = " ".join(map(ast.unparse, node.bases)) if isinstance(node, ast.ClassDef) else ""
        if isinstance(node, ast.Raise | ast.JoinedStr) or calls in {"parameter", "Column"} or "Enum" in bases:
            yield node


def number(text: str, up: bool) -> str:
    """A whole number moves by one, another is doubled, nothing becomes one."""
    value = ast.literal_eval(text)
    if isinstance(value, int):
        return str(value + 1 if up or value == 0 else value - 1)
    return repr(value * 2.0 if value else 1.0)


def mutants_of(path: str) -> Iterator[Mutant]:
    """Every mutant of a source, in the order of its tokens."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    quiet = [
        (place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset))
        for node in skipped(ast.parse(source))
    ]
    spaces = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
    tokens = [one for one in tokenize.generate_tokens(io.StringIO(source).readline) if one.type not in spaces]
    brackets: list[bool] = []
    for before, now, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        operand = before.type in (tokenize.NUMBER, tokenize.STRING) or before.string in (")", "]")
        operand |= before.type == tokenize.NAME and not keyword.iskeyword(before.string)
        if now.string in ("(", "[", "{"):
            brackets.append(now.string == "[" and operand)
        elif now.string in (")", "]", "}"):
            brackets.pop()
        begin, end = starts[now.start[0] - 1] + now.start[1], starts[now.end[0] - 1] + now.end[1]
        change = changed(now, operand, bool(brackets) and brackets[-1], before.string, after.string, begin)
        if change and not any(low <= begin < high for low, high in quiet):
            line = lines[now.start[0] - 1]
            context = f"{line[: now.start[1]].lstrip()}«{now.string}»{line[now.end[1] :].rstrip()}"
            yield Mutant(path, change[0], begin, end, now.string, change[1], now.start[0], context)


def changed(
    now: tokenize.TokenInfo, operand: bool, indexed: bool, before: str, after: str, begin: int
) -> tuple[str, str] | None:
    """The kind of a token and what it becomes; none where it is left alone."""
    word = now.string
    if now.type == tokenize.NUMBER:
        return "index" if indexed else "constant", number(word, up=begin % 2 == 0)
    if word in ("True", "False"):
        return "constant", str(word == "False")
    alone = indexed and before in ("[", ",") and after in ("]", ",")
    if now.type == tokenize.NAME and alone and word.islower() and word not in TYPES | {"None"}:
        return "index", f"{word} - 1"
    if word in COMPARISONS:
        return "comparison", SWAPS[word]
    if operand and word in SWAPS and word not in ("~", "not"):
        return "operator", SWAPS[word]
    if not operand and word in UNARY:
        return "operator", UNARY[word]
    return None


def drawn(seed: int, count: int) -> list[Mutant]:
    """`count` mutants: half of them of kernels, half of phases and settlement, of each half a quarter of each kind."""
    groups: dict[tuple[bool, str], list[Mutant]] = {}
    for one in all_mutants():
        groups.setdefault((one.path.startswith("kernels/"), one.kind), []).append(one)
    ranked = [
        (rank, group, one)
        for group, members in sorted(groups.items())
        for rank, one in enumerate(sorted(members, key=lambda one: one.luck(seed)))
    ]
    return [one for _, _, one in sorted(ranked, key=lambda each: each[:2])[:count]]


@cache
def all_mutants() -> tuple[Mutant, ...]:
    return tuple(one for path in sources() for one in mutants_of(path))


def sources() -> list[str]:
    found = [*ROOT.glob("kernels/*.py"), *ROOT.glob("abm/phases/*.py"), ROOT / "abm" / "settlement.py"]
    return sorted({path.relative_to(ROOT).as_posix() for path in found} - NOT_ARITHMETIC)


def faults() -> list[Mutant]:
    """The hand-written faults, each with the text that it replaces, which must be there exactly once."""
    found, wrong = [], []
    for fault in tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))["fault"]:
        source = (ROOT / fault["file"]).read_text(encoding="utf-8")
        if source.count(fault["old"]) != 1 or fault["old"] == fault["new"]:
            wrong.append(f"{fault['says']}: {fault['file']} has {source.count(fault['old'])} times {fault['old']!r}")
            continue
        begin = source.index(fault["old"])
        line = source.count("\n", 0, begin) + 1
        found.append(Mutant(fault["file"], "fault", begin, begin + len(fault["old"]), fault["old"], fault["new"], line,
                            fault["says"]))  # fmt: skip
    if wrong:
        raise SystemExit("tests/faults.toml: write each `old` as it now stands in its file, once:\n" + "\n".join(wrong))
    return found


def tests_for(path: str) -> list[list[str]]:
    """The fast part as far as it can see a file, in two goes: what is nearest to it, then the rest."""
    stem = Path(path).stem
    if path.startswith("kernels/"):
        namesake = f"tests/kernels/test_{stem}.py"
        return [[namesake] if (ROOT / namesake).exists() else [], [*KERNELS, *DIRECT, *GOLDEN]]
    rest = sorted(DIRECT[5:], key=lambda one: stem not in (ROOT / one).read_text(encoding="utf-8"))
    return [[*DIRECT[:5]], [*rest, *GOLDEN]]


def digest(folder: str = "") -> str:
    """A name for the sources as they are: of kernels, phases and settlement, or of what lies in a folder."""
    paths = sorted(path for path in ROOT.glob(f"{folder}/**/*.py")) if folder else [ROOT / one for one in sources()]
    return hashlib.blake2b(b"".join(path.read_bytes() for path in paths), digest_size=8).hexdigest()


def users(path: str) -> set[str]:
    """A kernel source and all that call it, near or far: compiled code holds what it calls, and is kept by its text."""
    if not path.startswith("kernels/"):
        return {path}
    imports = {
        one.relative_to(ROOT).as_posix(): set(
            re.findall(r"^from kernels(?:\.| import )(\w+)", one.read_text(), re.MULTILINE)
        )
        for one in ROOT.glob("kernels/*.py")
    }
    found = {path}
    while more := {one for one, names in imports.items() if names & {Path(each).stem for each in found}} - found:
        found |= more
    return found


class Workshop:
    """A copy of the checkout and its compiled kernels, in which one fault after the other is tried."""

    def __init__(self, folder: Path, number: int) -> None:
        self.tree, self.warm = folder / f"tree-{number}", folder / f"compiled-{digest('kernels')}-{number}"
        self.tries = 0
        shutil.rmtree(self.tree, ignore_errors=True)
        for name in ("abm", "kernels", "tests", "scenarios"):
            shutil.copytree(ROOT / name, self.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(ROOT / "pyproject.toml", self.tree)

    def pytest(self, tests: list[str], cache: Path, *more: str, **environment: str) -> tuple[int, str]:
        """Run tests in the copy; the end that pytest reports, or one of none when the time is over."""
        limited = ["sh", "-c", f'ulimit -t {LIMIT}; exec "$@"', "limited"]
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no", *FAST, *more]
        given = os.environ | environment | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(self.tree)}
        try:
            done = subprocess.run(
                [*limited, *command, *tests],
                cwd=self.tree,
                env=given,
                capture_output=True,
                text=True,
                timeout=WAIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 0, "hung"
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return 0, "hung"
        return done.returncode, done.stdout + done.stderr

    def warm_up(self) -> None:
        """Compile what the fast part needs, and see that it passes as long as nothing is broken."""
        passed = self.warm / f"passed-{digest('abm')}-{digest('tests')}"
        if passed.exists():
            return
        code, said = self.pytest([*KERNELS, *DIRECT, *GOLDEN], self.warm)
        if code:
            raise SystemExit(f"the fast part fails on the unbroken tree:\n{said}")
        passed.touch()

    def caught_by(self, fault: Mutant) -> str:
        """The first test that fails with the fault, "" if none does; the copy is then as it was."""
        self.tries += 1
        cache = self.warm.with_name(f"{self.warm.name}-tried")
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(self.warm, cache, copy_function=os.link)
        touched = {self.tree / one: (ROOT / one).stat().st_mtime_ns for one in users(fault.path)}
        broken = self.tree / fault.path
        later = max(time.time_ns(), max(touched.values())) + self.tries * 10**10
        for path in touched:
            text = fault.text() if path == broken else path.read_text(encoding="utf-8")
            path.write_text(f"{text}\n# {self.tries}\n", encoding="utf-8")
            os.utime(path, ns=(later, later))
        code, said = 0, ""
        for tests in filter(None, tests_for(fault.path)):
            code, said = self.pytest(tests, cache, "-x", PYTHONDONTWRITEBYTECODE="1")
            if code or said == "hung":
                break
        for path, stamp in touched.items():
            path.write_bytes((ROOT / path.relative_to(self.tree)).read_bytes())
            os.utime(path, ns=(stamp, stamp))
        if said == "hung":
            return f"no end in {LIMIT} s of processor time"
        failed = re.search(r"^(?:FAILED|ERROR) ([^\s[]+)", said, re.MULTILINE)
        return failed[1] if failed else f"an end with status {code}" if code else ""


def code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|").replace("`", "'") + "`"


def row_of(fault: Mutant) -> str:
    """What a table says of a fault, and what it is known by there."""
    if fault.kind == "fault":
        return f"{fault.path} | {fault.context} | {code(fault.old)} → {code(fault.new)}"
    return f"{fault.path} | {code(fault.context)} | {code(fault.new or ' ')}"


def known(table: Path) -> dict[str, str]:
    """Who caught what, as far as a table says."""
    text = table.read_text(encoding="utf-8") if table.exists() else ""
    rows = re.findall(r"^\| \d+ \| (.*) \| ([^|]*) \|$", text, re.MULTILINE)
    return {row: "" if by == "survives" else by for row, by in rows}


def reasons() -> dict[str, str]:
    """Why a mutant may survive, by the row of the table that tells of it."""
    said = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    return {
        f"{one['file']} | {code(one['mutant'])} | {code(one['new'])}": one["why"] for one in said.get("survivor", [])
    }


def unseen(command: str) -> str:
    """What a draw came to before any test was written with it in view, where that is known."""
    said = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    for one in said.get("unseen", []):
        if f"--seed {one['seed']} " in command:
            return f"Of the first {one['tried']}, {one['caught']} were caught before anybody had looked at them."
    return "The tests were written with earlier trials of this draw in view."


def page(command: str, of: int, found: list[tuple[int, Mutant, str]]) -> str:
    """The table: totals, then a row for each fault with the test that caught it first."""
    why = reasons()
    tally = Counter(
        "survived" if not by else "numbers" if by.startswith(GOLDEN) else "kernels" if "/kernels/" in by else "whole"
        for _, _, by in found
    )
    caught = len(found) - tally["survived"]
    lines = [
        f"# {'Faults of the trade' if '--faults' in command else 'Mutants'}",
        "",
        f"Printed by `{command}` for the sources {digest()}. Of {of}, {len(found)} have been tried so far.",
        f"{caught} of {len(found)} are caught,",
        f"{tally['kernels']} first by a test of a kernel, {tally['whole']} first by a test of a mechanism in a small",
        f"world, {tally['numbers']} only by the numbers of whole runs; {tally['survived']} survive.",
        *([] if "--faults" in command else [unseen(command)]),
        "",
        "| | file | where | becomes | caught by |",
        "|---|---|---|---|---|",
    ]
    for number, fault, by in found:
        lines.append(f"| {number} | {row_of(fault)} | {by or 'survives'} |")
    if alive := [(number, why.get(row_of(fault), "No reason given.")) for number, fault, by in found if not by]:
        lines += ["", "## Survivors", "", *(f"- {number}: {reason}" for number, reason in alive)]
    return "\n".join(lines) + "\n"


def tried(chosen: list[tuple[int, Mutant]], folder: Path, workers: int) -> Iterator[tuple[int, str]]:
    """Try every fault, as many at a time as there are workers; tell as it comes who caught it."""
    shops: queue.Queue[Workshop] = queue.Queue()

    def one(number: int, fault: Mutant) -> tuple[int, str]:
        shop, begun = shops.get(), time.monotonic()
        by = shop.caught_by(fault)
        shops.put(shop)
        print(f"{number:3} {time.monotonic() - begun:4.0f} s  {row_of(fault)} | {by or 'SURVIVES'}", flush=True)
        return number, by

    with ThreadPoolExecutor(workers) as pool:
        made = [Workshop(folder, number) for number in range(min(workers, len(chosen)))]
        list(pool.map(Workshop.warm_up, made))
        for shop in made:
            shops.put(shop)
        for done in as_completed([pool.submit(one, number, fault) for number, fault in chosen]):
            yield done.result()


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wish.add_argument("--seed", type=int, default=1, help="of the draw")
    wish.add_argument("--count", type=int, default=100, help="mutants to draw")
    wish.add_argument("--only", type=int, nargs="+", help="numbers to try; the others keep what the table says")
    wish.add_argument("--again", action="store_true", help="try also what the table says is caught")
    wish.add_argument("--faults", action="store_true", help="try the hand-written faults instead")
    wish.add_argument("--list", action="store_true", help="print what is drawn and try nothing")
    wish.add_argument("--fast", action="store_true", help="run the fast part on the tree as it is")
    wish.add_argument("--workers", type=int, default=2, help="copies of the tree in which faults are tried at a time")
    wish.add_argument("--folder", type=Path, help="where copies and compiled kernels are kept for the next time")
    asked = wish.parse_args()
    if asked.fast:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", *FAST, *KERNELS, *DIRECT, *GOLDEN]
        ended = subprocess.call(command, cwd=ROOT)
        print(f"{sum(os.times()[2:4]):.0f} s of processor time, the compilation of what was not yet compiled included")
        raise SystemExit(ended)
    every = list(enumerate(faults() if asked.faults else drawn(asked.seed, asked.count), 1))
    if asked.list:
        print("\n".join(f"{number} {one.path}:{one.line} {row_of(one)}" for number, one in every))
        return
    table = HERE / ("faults.md" if asked.faults else "mutants.md")
    by = {} if asked.again else {n: known(table)[row_of(one)] for n, one in every if row_of(one) in known(table)}
    chosen = [(n, one) for n, one in every if n in (asked.only or ()) or not (asked.only or by.get(n))]
    which = "--faults" if asked.faults else f"--seed {asked.seed} --count {asked.count}"
    os.nice(10)
    with tempfile.TemporaryDirectory() as scratch:
        for number, catcher in tried(chosen, asked.folder or Path(scratch), asked.workers):
            by[number] = catcher
            found = [(n, one, by[n]) for n, one in every if n in by]
            table.write_text(page(f"python tests/mutants.py {which}", len(every), found), encoding="utf-8")


if __name__ == "__main__":
    main()
