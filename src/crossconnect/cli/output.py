"""What commands print: data on stdout as table, JSON or YAML; findings and messages on stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import click
import msgspec

from crossconnect.finding import Finding, Severity

FORMAT_VERSION = 1

_F = TypeVar("_F", bound=Callable[..., object])

LINE_MAX = 1000
"""Characters of a line about a finding; names in messages have 63, so more is a file's line quoted by mistake."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Characters that move the cursor, change colours or the direction of writing, or cannot be seen."""

_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def output_option(function: _F) -> _F:
    """`-o table|json|yaml`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json", "yaml"]),
        default="table",
        show_default=True,
        envvar="XC_OUTPUT",
        help="How to print the result.",
    )(function)


def coloured(stream: object = None) -> bool:
    """Whether to colour: only on a terminal, and never under NO_COLOR."""
    target = sys.stderr if stream is None else stream
    return not os.environ.get("NO_COLOR") and bool(getattr(target, "isatty", lambda: False)())


def say(message: str) -> None:
    """A message for the person at the terminal, on stderr."""
    print(message, file=sys.stderr, flush=True)


def _for_terminal(text: str) -> str:
    """Text that may quote a file, safe and short enough for a terminal: `\\x1b` instead of an escape character."""
    cut = text if len(text) <= LINE_MAX else f"{text[:LINE_MAX]}... ({len(text)} characters)"
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), cut)


def emit(data: object, output: str, table: Callable[[], str]) -> None:
    """Print `data` in the chosen format; `table` draws it for people."""
    if output == "table":
        text = table()
        if text:
            print(text)
        return
    builtins = msgspec.to_builtins(data)
    document = {"format_version": FORMAT_VERSION, **(builtins if isinstance(builtins, dict) else {"items": builtins})}
    if output == "json":
        print(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    else:
        import yaml

        print(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), end="")


def draw(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain aligned table: greppable, no frames. Numbers are right-aligned."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return ""
    widths = [max(len(h), *(len(row[i]) for row in cells)) for i, h in enumerate(headers)]
    right = [all(_is_number(row[i]) for row in cells) for i in range(len(headers))]
    lines = [[h.upper() for h in headers], *cells]
    return "\n".join(
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(v) for v in value)
    return "" if value is None else str(value)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def reference_of(path: str) -> str:
    """The form in which files refer to a tenant's object: `tenants/a/vrfs/b/segments/c` is `a/b/c`."""
    return "/".join(path.split("/")[1::2])


def print_findings(findings: Sequence[Finding], *, verbose: bool = True, limit: int = 0) -> None:
    """Findings on stderr, one block each, in reading order; `limit` 0 prints all."""
    colour = coloured()
    shown = findings[:limit] if limit else findings
    for finding in shown:
        severity = finding.severity.value
        if colour:
            severity = click.style(severity, fg=_COLOUR[finding.severity], bold=True)
        say(f"{_for_terminal(str(finding.place))}: {severity} {finding.code}: {_for_terminal(finding.message)}")
        if not verbose:
            continue
        if finding.place.file and finding.place.path and finding.place.path not in finding.message:
            say(f"    at: {_for_terminal(finding.place.path)}")
        if finding.expected:
            say(f"    expected: {_for_terminal(finding.expected)}")
        for other in finding.related:
            say(f"    see also: {_for_terminal(str(other))}")
        for table, row in finding.evidence[:5]:
            say(f"    {table}: {row}")
        if len(finding.evidence) > 5:
            say(f"    ... and {len(finding.evidence) - 5} more rows")
        if finding.hint:
            say(f"    hint: {_for_terminal(finding.hint)}")
    if limit and len(findings) > limit:
        say(f"... and {len(findings) - limit} more findings (all of them with -o json)")


def count_text(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`, or `no findings`."""
    parts: list[str] = []
    for severity in Severity:
        n = sum(1 for f in findings if f.severity is severity)
        if n:
            parts.append(f"{n} {severity.value}{'s' if n > 1 else ''}")
    return ", ".join(parts) or "no findings"
