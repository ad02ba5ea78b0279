"""The house keeps its own rules: sizes, names, promises of kernels, what an import costs, documents and commands."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("abm/**/*.py"), *ROOT.glob("kernels/**/*.py")])
KERNEL_SOURCES = [path for path in SOURCES if path.is_relative_to(ROOT / "kernels")]
PHASE_SOURCES = [path for path in SOURCES if path.is_relative_to(ROOT / "abm" / "phases")]
TEXTS = {".cff", ".csv", ".json", ".lock", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MEDIAN_KERNEL = 20

Function = ast.FunctionDef | ast.AsyncFunctionDef


def here(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def fine(offences: list[str]) -> None:
    """Fail with all offences, a line each."""
    assert not offences, "\n" + "\n".join(offences)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


def lines_of(function: Function) -> int:
    """The lines of a function, its docstring not counted."""
    assert function.end_lineno is not None
    total = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is None:
        return total
    assert first.end_lineno is not None
    return total - (first.end_lineno - first.lineno + 1)


def kernels_of(path: Path) -> list[Function]:
    return [one for one in functions(path) if any(ast.unparse(mark) == "kernel" for mark in one.decorator_list)]


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{here(path)}: imports are absolute"
            found.add((node.module or "").split(".")[0])
    return found


def texts() -> list[Path]:
    """Every text file of the checkout that is written by hand."""
    folders = [ROOT / name for name in (".ci", "abm", "docs", "kernels", "notebooks", "scenarios", "tests")]
    below = [path for folder in folders for path in folder.rglob("*") if "__pycache__" not in path.parts]
    return sorted(path for path in (*below, *ROOT.glob("*")) if path.is_file() and is_text(path))


def is_text(path: Path) -> bool:
    return path.suffix in TEXTS or path.name in {".gitattributes", ".gitignore", "LICENSE", "run"}


def test_there_is_something_to_look_at() -> None:
    assert len(KERNEL_SOURCES) > 5
    assert len(SOURCES) > 20
    assert sum(len(kernels_of(path)) for path in KERNEL_SOURCES) > 20
    assert len(PHASE_SOURCES) > 10


def test_no_file_is_too_long() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    fine([f"{here(path)}: {size} lines" for path, size in sizes.items() if size > LONGEST_FILE])


def test_no_function_is_too_long() -> None:
    sizes = [(path, one, lines_of(one)) for path in SOURCES for one in functions(path)]
    fine([f"{here(path)}: {one.name} has {size} lines" for path, one, size in sizes if size > LONGEST_FUNCTION])


def test_the_median_kernel_is_short() -> None:
    sizes = [lines_of(one) for path in KERNEL_SOURCES for one in kernels_of(path)]
    assert statistics.median(sizes) < MEDIAN_KERNEL


def test_every_module_begins_with_a_sentence() -> None:
    firsts = {path: (ast.get_docstring(tree(path)) or "").partition("\n")[0] for path in SOURCES}
    fine([f"{here(path)}: {first!r}" for path, first in firsts.items() if not re.fullmatch(r"[A-Z].*\s.*\.", first)])


def test_every_public_function_of_kernels_says_what_it_promises() -> None:
    public = [(path, node) for path in KERNEL_SOURCES for node in tree(path).body if isinstance(node, Function)]
    silent = [(path, one) for path, one in public if not one.name.startswith("_") and not ast.get_docstring(one)]
    fine([f"{here(path)}: {one.name} has no docstring" for path, one in silent])


def test_kernels_know_numpy_and_numba_and_nothing_else() -> None:
    known = {"kernels", "llvmlite", "numba", "numpy", *sys.stdlib_module_names}
    fine([f"{here(path)} imports {name}" for path in KERNEL_SOURCES for name in sorted(imported(path) - known)])


def test_what_works_rows_from_start_to_stop_is_compiled() -> None:
    plain = [
        f"{here(path)}: {one.name} is no kernel"
        for path in KERNEL_SOURCES
        for one in {*functions(path)} - {*kernels_of(path)}
        if [argument.arg for argument in one.args.args[:2]] == ["start", "stop"]
    ]
    fine(plain)


def test_compiler_options_stand_in_one_place() -> None:
    words = re.compile(r"\b(prange|fastmath|njit|jit|vectorize|guvectorize|nogil|parallel=)\b")
    others = [path for path in SOURCES if here(path) != "kernels/compiled.py"]
    names = [
        (path, node) for path in others for node in ast.walk(tree(path)) if isinstance(node, ast.Name | ast.keyword)
    ]
    spelled = [(path, node.id if isinstance(node, ast.Name) else node.arg or "") for path, node in names]
    fine([f"{here(path)}: {name}" for path, name in spelled if words.fullmatch(name)])


def test_kernels_never_raise() -> None:
    raising = [
        f"{here(path)}: {one.name}"
        for path in KERNEL_SOURCES
        for one in kernels_of(path)
        if any(isinstance(node, ast.Raise | ast.Assert | ast.Try) for node in ast.walk(one))
    ]
    fine(raising)


def test_no_library_transcendental_and_no_float_power_lies_on_the_path_of_the_model() -> None:
    banned = re.compile(
        r"(np|numpy|math)\.(exp|exp2|expm1|log|log2|log10|log1p|logaddexp2?|pow|power|float_power|cbrt|hypot"
        r"|a?(sin|cos|tan)h?|arc(sin|cos|tan)h?|arctan2|atan2|erfc?|l?gamma|random)"
    )
    offences = []
    for path in (*KERNEL_SOURCES, *PHASE_SOURCES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and banned.fullmatch(ast.unparse(node)):
                offences.append(f"{here(path)}:{node.lineno}: {ast.unparse(node)}")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not whole_power(node):
                offences.append(f"{here(path)}:{node.lineno}: {ast.unparse(node)}")
    fine(offences)


def whole_power(node: ast.BinOp) -> bool:
    """A small whole power is multiplied out by the compiler; constants are folded before anything runs."""
    if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant | ast.UnaryOp):
        return True
    return isinstance(node.right, ast.Constant) and node.right.value in (2, 3, 4)


def test_names_are_of_the_trade() -> None:
    banned = re.compile(
        r"calc_.*|.*_(fast|jit|helper|utils?|manager)|.*(Manager|Helper|Utils?)|utils?|helpers?|misc|common"
    )
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = [(path, node.name) for path in SOURCES for node in ast.walk(tree(path)) if isinstance(node, defined)]
    names += [(path, path.stem) for path in SOURCES]
    fine([f"{here(path)}: {name}" for path, name in names if banned.fullmatch(name)])


def test_no_text_has_notes_to_self_registries_or_paths_of_a_machine() -> None:
    notes = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
    hosts = (
        "py" + r"pi\.org",
        "python" + "hosted",
        "npm" + r"js\.(org|com)",
        "ana" + r"conda\.org",
        "debian" + r"\.org",
    )
    paths = r"(?<![\w.<*-])/(work|root|opt|home|Users|mnt|srv)/"
    banned = re.compile("|".join([*(rf"\b{note}\b" for note in notes), *hosts, paths]))
    offences = []
    for path in texts():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if path != Path(__file__) and (found := banned.search(line)):
                offences.append(f"{here(path)}:{number}: {found.group()}")
    fine(offences)


@pytest.mark.parametrize("package", ["abm", "kernels"])
def test_the_packages_are_those_of_this_checkout(package: str, tmp_path: Path) -> None:
    command = f"import {package}; print({package}.__file__)"
    for folder in (ROOT, tmp_path):
        found = subprocess.run([sys.executable, "-c", command], cwd=folder, capture_output=True, text=True, check=True)
        assert Path(found.stdout.strip()).resolve() == ROOT / package / "__init__.py"


HELP = """
import sys
sys.argv = ["entrepot", "--help"]
from abm.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
HEAVY = {"matplotlib", "mesa", "numba", "pandas"}


@pytest.mark.parametrize(
    ("statement", "unpaid"),
    [
        pytest.param(HELP, HEAVY, id="entrepot --help"),
        pytest.param("import abm; abm.__all__", HEAVY, id="import abm"),
        pytest.param("import kernels", HEAVY - {"numba"}, id="import kernels"),
    ],
)
def test_a_first_step_does_not_pay_for_what_it_does_not_use(statement: str, unpaid: set[str], tmp_path: Path) -> None:
    command = f"{statement}\nimport sys\nprint('loaded', *sys.modules)"
    run = [sys.executable, "-W", "error", "-c", command]
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    loaded = set(found.stdout.splitlines()[-1].split())
    assert not loaded & unpaid


def test_every_public_name_is_found_and_another_is_refused_with_the_list() -> None:
    import abm

    for name in abm.__all__:
        assert getattr(abm, name) is not None
        assert name in dir(abm)
    with pytest.raises(AttributeError, match="it has Market, "):
        abm.Bazaar  # noqa: B018


def test_types_are_shipped() -> None:
    assert (ROOT / "abm" / "py.typed").is_file()
    assert (ROOT / "kernels" / "py.typed").is_file()


def test_the_lock_has_hashes_for_every_dependency_and_no_address() -> None:
    assert not list(ROOT.glob("uv.lock"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?|://|file:|--index|--extra-index|--find-links", lock)
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert all(re.match(r"[a-z0-9.-]+==\S+ .*?\\\n +--hash=sha256:", block) for block in blocks)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["test"], *extras["sweep"], *extras["study"]]
    names = {re.split(r"[<>=~!\[ ;]", one)[0].lower() for one in wanted}
    assert names <= {block.partition("==")[0] for block in blocks}


def readme_command(name: str) -> str:
    """The one line of a command in the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)```", readme, flags=re.DOTALL)
    (line,) = block.splitlines()
    return line


@pytest.mark.parametrize(("name", "last"), [("main", "entrepot run"), ("tests", "pytest")])
def test_the_commands_of_the_readme_are_one_line_each_and_those_that_are_checked(name: str, last: str) -> None:
    line = readme_command(name)
    checked = subprocess.run(
        ["bash", ".ci/run", "--command", name], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert checked.stdout == line + "\n"
    subprocess.run(["bash", "-n", "-c", line], check=True)
    assert line.split(" && ")[-1].startswith(f".venv/bin/{last}")
    for path in re.findall(r"(?:-r |run )(\S+)", line):
        assert (ROOT / path).is_file()


def test_the_check_has_no_test_command_of_its_own() -> None:
    assert "pytest" not in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", sorted(ROOT.glob("tests/long/*.py")), ids=lambda path: path.stem)
def test_scripts_of_long_forms_begin_where_they_stand(script: Path) -> None:
    asked = subprocess.run([sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert here(script) in script.read_text(encoding="utf-8").partition('"""\n\n')[0]


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("notebooks/*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    ]
    local = [(page, link) for page, link in links if "://" not in link]
    fine([f"{here(page)}: {link}" for page, link in local if not (page.parent / link).exists()])
