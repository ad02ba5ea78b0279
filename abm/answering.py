"""How a command ends: what is said when something is wrong, and the code that tells what it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def say(text: str) -> None:
    """Say something beside what is printed."""
    typer.echo(text, err=True)


@contextmanager
def answering() -> Iterator[None]:
    """End with the code that tells what went wrong: the input, the program, or somebody's patience."""
    from abm.question import QuoteError
    from abm.scenario.law.rules import LawError
    from abm.scenario.reading.errors import ScenarioError
    from abm.study.store import FolderError

    try:
        yield
    except typer.Exit:
        raise
    except (ScenarioError, QuoteError, LawError, FolderError) as error:
        say(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt as cut:
        say("; ".join(["interrupted", *getattr(cut, "__notes__", ())]))
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:  # noqa: BLE001 -- told in one line, with code 1
        say("\n".join([f"failed: {type(error).__name__}: {error}", *getattr(error, "__notes__", ())]))
        raise typer.Exit(FAILED) from None
