"""Each test of kernels also holds their compiled form to the plain one: whole numbers equal, floats to 1e-6.

A kernel's first calls in a file are made twice more, on copies of what it was given, compiled and as plain Python. As
plain Python it calls other kernels, whose first calls are held likewise, so that the innermost are reached too.
"""

import copy
import importlib
import pkgutil
import types

import numpy as np
import pytest

import kernels
from kernels import compiled

CALLS = 12
LARGEST = 50_000  # numbers given to a call that is still made as plain Python
MODULES = [importlib.import_module(f"kernels.{found.name}") for found in pkgutil.iter_modules(kernels.__path__)]


def agree(ours, theirs, where):
    """Hold one form's results to the other's, member by member."""
    if isinstance(ours, tuple):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            agree(one, other, f"{where}[{place}]")
    elif "f" in (np.asarray(ours).dtype.kind, np.asarray(theirs).dtype.kind):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6, err_msg=where)
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=where)


def numbers(given):
    """How many numbers a call is given."""
    return sum(numbers(one) if isinstance(one, tuple) else np.size(one) for one in given)


class Held:
    """A kernel as a test calls it, whose first calls hold the compiled form to the plain one."""

    def __init__(self, kernel, others):
        self.kernel, self.others, self.calls = kernel, others, 0

    def __getattr__(self, name):
        return getattr(self.kernel, name)

    def __call__(self, *given, **named):
        if self.calls < CALLS and not named and numbers(given) <= LARGEST:
            self.calls += 1
            self.hold(given)
        return self.kernel(*given, **named)

    def hold(self, given):
        """Make the call in both forms on copies of what is `given`, which other threads may be writing to."""
        ours = copy.deepcopy(given)
        theirs = copy.deepcopy(ours)
        of = self.kernel.py_func
        scope = {name: self.others.get(id(value), value) for name, value in of.__globals__.items()}
        plain = types.FunctionType(of.__code__, scope, of.__name__, of.__defaults__, of.__closure__)
        where = f"{of.__module__}.{of.__name__}, compiled and as plain Python"
        with np.errstate(all="ignore"):
            agree(self.kernel(*ours), plain(*theirs), where)
        agree(ours, theirs, f"{where}, argument ")


def both(kernels_too):
    """Stand-ins by the id of what they stand for: kernels, and the modules that hold them."""
    held = {}
    for kernel in kernels_too:
        held[id(kernel)] = Held(kernel, held)
    for module in MODULES:
        scope = {name: held.get(id(value), value) for name, value in vars(module).items()}
        held[id(module)] = types.SimpleNamespace(**scope)
    return held


@pytest.fixture(scope="module", autouse=True)
def both_forms(request):
    """Every kernel that a file calls agrees in both forms, and a file calls all of the module that it is named after.

    A file with kernels of its own is left alone: they are compiled, and nothing stands in for what they call.
    """
    file, ran = request.module, set()
    if compiled.config.DISABLE_JIT or any(one.__module__ == file.__name__ for one in compiled.registered):
        yield ran
        return
    held = both(compiled.registered)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in list(vars(file).items()):
            if id(value) in held:
                patch.setattr(file, name, held[id(value)])
        yield ran
    named = file.__name__.rpartition(".")[2].replace("test_", "kernels.")
    missed = [one.__name__ for one in compiled.registered if one.__module__ == named and not held[id(one)].calls]
    if ran >= {name for name in vars(file) if name.startswith("test_")} and missed:
        pytest.fail(f"{named}: no test calls {', '.join(missed)} with at most {LARGEST} numbers, so that it is unknown "
                    "whether the compiled form agrees with the plain one")  # fmt: skip


@pytest.fixture(autouse=True)
def counted(request, both_forms):
    """Remember which tests of the file ran: only all of them call all of its kernels."""
    both_forms.add(request.node.originalname)
