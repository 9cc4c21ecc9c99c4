"""`-o` of `xc plan`: a format, or the file that the plan is saved to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., object])

FORMATS = ("table", "json", "yaml")


class _FormatOrFile(click.ParamType):
    name = "table|json|yaml|FILE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """A file is known by a dot or a slash, so that no mistyped format becomes one."""
        if value not in FORMATS and not ("." in value or "/" in value):
            self.fail(f"'{value}' is neither table, json or yaml nor a file's name with a dot or a slash", param, ctx)
        return value


def plan_output_option(function: _F) -> _F:
    """`-o table|json|yaml|FILE`."""
    return click.option(
        "-o",
        "--output",
        type=_FormatOrFile(),
        default="table",
        show_default=True,
        envvar="XC_OUTPUT",
        help="How to print the result; or a file (a name with a dot or a slash) that the plan is saved to, with its "
        "waves.",
    )(function)
