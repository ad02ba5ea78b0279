"""Kinds of firm of a scenario's own: one of the nine roles with a purse, a size and rules of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import create_model

from abm.scenario.schema.fields import Kind, Section, entry
from abm.scenario.schema.firms import Firm

OF_ONE: Final = ("name", "kind", "country", "count")
"""What a firm says of itself alone."""

if TYPE_CHECKING:
    OwnKind = Firm
else:
    shared = {name: (field.annotation, field) for name, field in Firm.model_fields.items() if name not in OF_ONE}
    OwnKind = create_model(
        "OwnKind",
        __base__=Section,
        __doc__="A kind of firm of the scenario's own; what is left out follows the role.",
        like=(Kind, entry(..., "Which of the nine roles it has.")),
        **shared,
    )


def as_roles(says: dict[str, Any]) -> None:
    """Let every firm of an own kind say what its kind says, under what it says itself, in the kind's role."""
    kinds, firms = says.get("kinds"), says.get("firms")
    if not isinstance(kinds, dict) or not isinstance(firms, list):
        return
    for row, firm in enumerate(firms):
        own = kinds.get(str(firm.get("kind"))) if isinstance(firm, dict) else None
        if isinstance(own, dict) and "like" in own:
            shared = {key: value for key, value in own.items() if key != "like" and key not in OF_ONE}
            firms[row] = {**shared, **firm, "kind": own["like"]}
