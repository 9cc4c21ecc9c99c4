"""What libyaml says about a broken file, in words that say what to look for."""

from __future__ import annotations

import yaml

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes

_MEANINGS: tuple[tuple[str, str, str], ...] = (
    # Part of libyaml's problem, what we say, what to do.
    (
        "mapping values are not allowed",
        "a `:` follows where no new field can begin",
        "Put text that contains `: ` in quotes, or correct the indentation of this line or the one above.",
    ),
    (
        "did not find expected key",
        "the line does not continue what is above it",
        "Indent it like its neighbours; look for a missing quote or bracket above.",
    ),
    (
        "could not find expected ':'",
        "a field has no `:` behind its name",
        "Write `name: value`; text over several lines needs quotes or `|`.",
    ),
    (
        "did not find expected '-' indicator",
        "the list is interrupted by something that is no `- item`",
        "Indent it deeper to belong to the item above, or begin it with `- `.",
    ),
    (
        "block sequence entries are not allowed",
        "a `- item` stands where no list can begin",
        "Put the list on the lines below its field, indented.",
    ),
    (
        "did not find expected node content",
        "a value is expected and something else stands here",
        "Give the value; look for a bracket above that is not closed.",
    ),
    (
        "found unexpected ':'",
        "a `:` has nothing behind it",
        "Write `name: value` with a blank behind `:`; put text that contains `:` in quotes.",
    ),
    ("found undefined tag handle", "there is a tag (`!`), which regions do without", "Put text with `!` in quotes."),
    (
        "cannot start any token",
        "text begins with a character that means something else in YAML",
        "Put the text in quotes.",
    ),
    (
        "did not find expected alphabetic or numeric character",
        "a `&` or `*` begins an anchor or alias, which regions do without",
        "Put text that begins with `&` or `*` in quotes.",
    ),
    (
        "mapping keys are not allowed",
        "a `?` begins a key where none can stand",
        "Put text that begins with `?` in quotes.",
    ),
    ("did not find expected <document start>", "the document has ended above (`...`)", "Remove the line with `...`."),
    ("incompatible YAML document", "there is a directive (`%`)", "Remove the line that begins with `%`."),
    ("unknown directive name", "there is a directive (`%`)", "Remove the line that begins with `%`."),
    ("control characters are not allowed", "there is a control character", "Remove it."),
)


_UNCLOSED: tuple[tuple[str, str, str], ...] = (
    # Part of libyaml's problem, of its context, what was opened.
    ("did not find expected ',' or ']'", "flow sequence", "[` list"),
    ("did not find expected ',' or '}'", "flow mapping", "{` mapping"),
    ("found unexpected end of stream", "quoted scalar", "quote"),
    ("found unexpected document indicator", "quoted scalar", "quote"),
)
"""Noticed far behind the mistake, so placed where the bracket or quote was opened."""


def syntax_finding(file: str, text: str, error: yaml.YAMLError) -> Finding:
    """One finding for the place where reading `text` ended, or for where what ends there began."""
    line, column, problem = _where(text, error)
    lines = text.split("\n")
    content = lines[line] if line < len(lines) else ""
    place = Place(file=file, line=line + 1, column=column + 1)
    conflict = next((n for n, content in enumerate(lines, 1) if content.startswith("<<<<<<< ")), 0)
    if conflict:
        return found(
            codes.YAML_SYNTAX,
            Place(file=file, line=conflict, column=1),
            "the file holds an unresolved merge conflict",
            hint="Resolve the conflict and remove the lines with <<<<<<<, ======= and >>>>>>>.",
        )
    if "\t" in content[: column + 1] and not content[: column + 1].strip():
        words = "the line is indented with a tab, which YAML forbids"
        return found(codes.YAML_SYNTAX, place, words, hint="Indent with spaces.")
    opened = getattr(error, "context_mark", None)
    for part, context, what in _UNCLOSED:
        if opened is not None and part in problem and context in str(getattr(error, "context", "")):
            place = Place(file=file, line=opened.line + 1, column=opened.column + 1)
            words = f"the {'`' if what != 'quote' else ''}{what} that begins here is not closed by line {line + 1}"
            return found(codes.YAML_SYNTAX, place, words, hint="Close it; look for a missing comma, too.")
    for part, meaning, hint in _MEANINGS:
        if part in problem:
            return found(codes.YAML_SYNTAX, place, f"not YAML from here on: {meaning}", hint=hint)
    return found(codes.YAML_SYNTAX, place, f"not YAML from here on: {problem}")


def _where(text: str, error: yaml.YAMLError) -> tuple[int, int, str]:
    """Line and column from 0, and libyaml's words."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line, mark.column, str(getattr(error, "problem", "") or getattr(error, "context", ""))
    if isinstance(error, yaml.reader.ReaderError):  # no mark: libyaml counts octets here
        position = len(text.encode()[: error.position].decode(errors="ignore"))
        line = text.count("\n", 0, position)
        return line, position - (text.rfind("\n", 0, position) + 1), str(error.reason)
    return 0, 0, str(error)
