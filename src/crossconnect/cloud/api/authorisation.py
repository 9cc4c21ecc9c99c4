"""Authorisation: Cedar policies decide who may do what.

A decision follows from the policies, the principal, the action and the resource's kind, id and project, and from
nothing else, so that equal questions have equal answers and are asked of Cedar once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Literal

import cedarpy
import msgspec

from crossconnect.cloud.api.principal import Principal
from crossconnect.errors import BadInput

Action = Literal["list", "get", "create", "update", "delete"]

_ROOM = resources.files("crossconnect.cloud.api")
DEFAULT_POLICIES = (_ROOM / "default.cedar").read_text(encoding="utf-8")
SCHEMA = (_ROOM / "schema.cedarschema").read_text(encoding="utf-8")
QUESTIONS_MAX = 10_000
"""Answers that are kept."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """May somebody do something?"""

    principal: Principal
    action: Action
    kind: str
    id: str = ""
    project: str
    dry_run: bool = False
    source_address: str = ""


class Decision(msgspec.Struct, frozen=True):
    """Whether it is allowed, and the policies that say so: those that permit, or those that forbid. None: nothing
    permits it."""

    allowed: bool
    policies: tuple[str, ...]


class Policies:
    """A set of policies, parsed and checked."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Texts of policies by the name of their file. BadInput where one is none, or speaks of what there is not."""
        for name, text in texts.items():
            self._check(name, text)
        self._uses_address = any("source_address" in text for text in texts.values())
        self._set = cedarpy.PolicySet.from_str("\n".join(texts.values()))
        self.decide = functools.lru_cache(QUESTIONS_MAX)(self._decide)

    def ask(self, question: Question) -> Decision:
        """The answer to a question. The caller's address is left out where no policy looks at it, so that clients
        behind many addresses share answers."""
        if question.source_address and not self._uses_address:
            question = msgspec.structs.replace(question, source_address="")
        return self.decide(question)

    @staticmethod
    def _check(name: str, text: str) -> None:
        try:
            cedarpy.PolicySet.from_str(text)
        except ValueError as error:
            raise BadInput(f"{name} is no set of Cedar policies: {error}") from None
        result = cedarpy.validate_policies(text, SCHEMA)
        if not result.validation_passed:
            raise BadInput(f"{name}: {'; '.join(str(error) for error in result.errors)}")

    def _decide(self, question: Question) -> Decision:
        principal = question.principal
        entities = [
            *_ACTIONS,
            _entity(
                "Principal",
                principal.id,
                {
                    "kind": principal.kind,
                    "name": principal.name,
                    "projects": list(principal.projects),
                    "roles": list(principal.roles),
                },
            ),
            _entity("Resource", _RESOURCE, {"kind": question.kind, "id": question.id, "project": question.project}),
        ]
        request = {
            "principal": {"type": "Principal", "id": principal.id},
            "action": {"type": "Action", "id": question.action},
            "resource": {"type": "Resource", "id": _RESOURCE},
            "context": {"dry_run": question.dry_run, "source_address": question.source_address},
        }
        result = cedarpy.is_authorized(request, self._set, entities)
        diagnostics = result.diagnostics
        named = {**diagnostics.id_annotations_by_reason}
        reasons = sorted(str(named.get(reason) or reason) for reason in diagnostics.reasons)
        return Decision(result.allowed, tuple(reasons))


_RESOURCE = "asked"
"""Resources have their id as an attribute: a collection has none, and an entity must have one."""


def _entity(
    type: str, id: str, attributes: Mapping[str, object] | None = None, parents: Sequence[str] = ()
) -> dict[str, object]:
    return {
        "uid": {"type": type, "id": id},
        "attrs": attributes or {},
        "parents": [{"type": type, "id": parent} for parent in parents],
    }


_ACTIONS = [
    _entity("Action", "read"),
    _entity("Action", "write"),
    *(_entity("Action", name, None, ["read"]) for name in ("list", "get")),
    *(_entity("Action", name, None, ["write"]) for name in ("create", "update", "delete")),
]
