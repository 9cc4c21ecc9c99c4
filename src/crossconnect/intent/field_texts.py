"""What stands behind the fields of records, which is their documentation: for schemas, help and the reference."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap


@functools.cache
def field_descriptions(record: type) -> dict[str, str]:
    """The string literals that stand behind the fields that a record has of its own, as one line each; none of a record
    that no class statement makes."""
    owners = [n for n in _module(record.__module__).body if isinstance(n, ast.ClassDef) and n.name == record.__name__]
    found: dict[str, str] = {}
    for owner in owners:
        for statement, behind in zip(owner.body, owner.body[1:], strict=False):
            match statement, behind:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found[name] = " ".join(textwrap.dedent(text).split())
                case _:
                    pass
    return found


@functools.cache
def _module(name: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[name]))
