"""Rows in chunks: the same bytes from any number of threads, every row once, and failures that surface."""

import os
import runpy
import threading

import numpy as np
import pytest

from kernels import chance, threads
from kernels.compiled import kernel
from kernels.functions import log2f


@kernel
def luck(start, stop, identities, out):
    words = np.empty((stop - start, 4), np.uint32)
    chance.words(np.uint64(5), identities[start:stop], np.uint32(9), np.uint32(256), words)
    for row in range(start, stop):
        out[row] = log2f(chance.uniform(words[row - start, 1])) / chance.uniform(words[row - start, 2])


@pytest.fixture(autouse=True)
def crew_as_before():
    before = threads.using()
    yield
    threads.use(before)


def worked(count, chunk, rows=3001):
    threads.use(count)
    identities, out = np.arange(rows, dtype=np.uint64), np.zeros(rows, np.float32)
    threads.run(luck, rows, chunk, identities, out)
    return out.tobytes()


@pytest.mark.parametrize("chunk", [1, 97, 1000, 3000, 3001, threads.WINDOW])
def test_bytes_are_the_same_for_any_threads_and_chunks(chunk):
    assert worked(1, chunk) == worked(2, chunk) == worked(4, chunk) == worked(1, 3001)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("rows, chunk", [(0, 4), (1, 4), (4, 4), (5, 4), (103, 10)])
def test_every_row_is_worked_once_in_fixed_chunks(count, rows, chunk):
    seen = []
    threads.use(count)
    threads.run(lambda start, stop: seen.append((start, stop)), rows, chunk)
    assert sorted(seen) == [(start, min(start + chunk, rows)) for start in range(0, rows, chunk)]


def test_chunks_grow_with_the_rows_and_are_sixteen_at_least_where_they_have():
    rows = [1, 200_000, 300_000, 1_000_000, 2_000_000]
    assert [threads.window(count) for count in rows] == [16_384, 16_384, 18_750, 62_500, 65_536]


def test_two_threads_work_at_the_same_time():
    both = threading.Barrier(2, timeout=20)
    threads.use(2)
    threads.run(lambda start, stop: both.wait(), 2, 1)
    assert not both.broken


def test_one_chunk_or_one_thread_is_called_inline():
    here = threading.current_thread()
    callers = []
    threads.use(4)
    threads.run(lambda start, stop: callers.append(threading.current_thread()), 10, 10)
    threads.use(1)
    threads.run(lambda start, stop: callers.append(threading.current_thread()), 10, 3)
    assert set(callers) == {here}
    assert len(callers) == 5


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_first_failing_chunk_raises_and_no_further_one_is_begun(count):
    begun = []

    def fails(start, stop):
        begun.append(start)
        if start >= 20:
            raise ArithmeticError(f"rows from {start}")

    threads.use(count)
    with pytest.raises(ArithmeticError, match=r"^rows from 20$"):
        threads.run(fails, 10_000, 10)
    assert len(begun) < 1000


def test_a_crew_works_on_after_a_failure():
    def fails(start, stop):
        raise KeyError(start)

    threads.use(3)
    with pytest.raises(KeyError):
        threads.run(fails, 30, 1)
    assert worked(3, 100) == worked(1, 100)


def test_a_run_inside_a_run_ends():
    seen = []

    def outer(start, stop):
        threads.run(lambda a, b: seen.append((start, a)), 5, 1)

    threads.use(2)
    threads.run(outer, 8, 1)
    assert sorted(seen) == [(start, a) for start in range(8) for a in range(5)]


def test_a_forked_child_starts_a_crew_of_its_own():
    crew = threads.Crew()
    crew.threads = 2
    inherited = crew.hands()
    crew.after_fork()
    assert crew.hands() is not inherited
    inherited.shutdown()
    crew.hands().shutdown()


@pytest.mark.parametrize("count", [0, -1])
def test_fewer_than_one_thread_is_refused(count):
    with pytest.raises(ValueError, match="at least 1"):
        threads.use(count)
    assert threads.using() >= 1


def test_where_processes_cannot_fork_the_crew_works_all_the_same(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork", raising=False)
    own = runpy.run_path(threads.__file__)
    seen = []
    own["use"](2)
    own["run"](lambda start, stop: seen.append((start, stop)), 7, 3)
    own["use"](1)
    assert sorted(seen) == [(0, 3), (3, 6), (6, 7)]
