"""Extra configuration in the words of a device's own system: read as text, since only its renderer knows the words."""

from __future__ import annotations

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import management_codes as codes
from crossconnect.intent.files import EXTRA
from crossconnect.model.device import ExtraFile


def extra_file(name: str, text: str | None, findings: list[Finding]) -> list[ExtraFile]:
    """The file as a record; none where it could not be read, or holds what no configuration may."""
    if text is None:
        return []
    for number, line in enumerate(text.splitlines(), 1):
        column = next((n for n, c in enumerate(line, 1) if not c.isprintable() and c != "\t"), 0)
        if column:
            place = Place(file=name, line=number, column=column)
            words = f"character U+{ord(line[column - 1]):04X} cannot stand in a configuration"
            findings.append(found(codes.EXTRA_MALFORMED, place, words))
            return []
    subject, _, nos = name.removeprefix(EXTRA).rpartition(".")
    return [ExtraFile(file=name, name=subject, nos=nos, text=text)]
