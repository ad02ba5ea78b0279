"""What all tests share: two threads, and the same examples every time, fewer of them with the profile `fast`."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from numba import config

EXAMPLES = 10 if config.DISABLE_JIT else 100
settings.register_profile("entrepot", derandomize=True, deadline=None, print_blob=False, max_examples=EXAMPLES)
settings.register_profile("fast", parent=settings.get_profile("entrepot"), max_examples=25)
settings.load_profile("entrepot")


@pytest.fixture(scope="session", autouse=True)
def two_threads() -> Iterator[None]:
    """Any number of threads gives the same bits; two are enough to find out."""
    from kernels import threads

    before = threads.using()
    threads.use(2)
    yield
    threads.use(before)
