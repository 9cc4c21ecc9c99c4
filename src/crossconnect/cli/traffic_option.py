"""`--traffic FILE`: measured traffic, as CSV or Parquet with the columns source, destination and mbps."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import click
import msgspec

from crossconnect.errors import BadInput
from crossconnect.finding import Finding, Place
from crossconnect.intent.texts import PROMISED
from crossconnect.intent.validate.promises import promise_names
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.promise import ENDS, INFRASTRUCTURE, INTERNET, end_parts, possible_words
from crossconnect.model.traffic import Demand


class Measured(NamedTuple):
    """Traffic of a file, and the place of each line."""

    demands: tuple[Demand, ...]
    places: tuple[Place, ...]

    def located(self, findings: Iterable[Finding], before: int) -> tuple[Finding, ...]:
        """Findings about this traffic, which comes after `before` demands of the region, at their lines."""
        places = {f"traffic/{before + number}": place for number, place in enumerate(self.places)}
        return tuple(msgspec.structs.replace(f, place=places.get(f.place.path, f.place)) for f in findings)


NOT_MEASURED = Measured((), ())

_F = TypeVar("_F", bound=Callable[..., object])
_COLUMNS = ("source", "destination", "mbps")


def traffic_option(function: _F) -> _F:
    """The option, given to the command as `traffic`."""
    text = "Measured traffic besides what the region expects: CSV or Parquet with source, destination, mbps."
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--traffic", type=kind, default=None, metavar="FILE", help=text)(function)


def read_traffic(path: Path, subject: Subject) -> Measured:
    """The demands of a file. BadInput with the first line that is none, or whose ends the region does not have."""
    if path.is_block_device() or path.is_char_device():
        raise BadInput(f"{path} cannot be read: it is a device, and no file")
    try:
        rows = list(_parquet(path) if path.suffix == ".parquet" else _csv(path))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is neither CSV in UTF-8 nor Parquet") from error
    except csv.Error as error:
        raise BadInput(f"{path} is no CSV: {error}") from error
    if not rows:
        raise BadInput(f"{path} has no traffic: there is no line below {', '.join(_COLUMNS)}")
    names = promise_names(subject)
    return Measured(
        tuple(_demand(path, line, row, names) for line, row in rows),
        tuple(Place(file=str(path), line=line, column=1) for line, _ in rows),
    )


def _csv(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True, strict=True)
        columns = [name.strip() for name in next(reader, [])]
        _check_columns(path, columns)
        for fields in reader:
            if len(fields) > len(columns):
                raise BadInput(
                    f"{path}:{reader.line_num}: {len(fields)} fields below {len(columns)} columns; a field with a "
                    "comma in it is written in quotes, a number without commas"
                )
            if fields:
                yield reader.line_num, dict(zip(columns, fields, strict=False))


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise BadInput(f"{path} is not Parquet: {error}") from None
    _check_columns(path, table.column_names)
    yield from enumerate(table.select(list(_COLUMNS)).to_pylist(), 1)


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    lacking = [name for name in _COLUMNS if name not in columns]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if lacking:
        has = f"has {', '.join(columns)}" if columns else "is empty"
        raise BadInput(
            f"{path} has no column {' and no column '.join(lacking)}; it needs {', '.join(_COLUMNS)}, separated by "
            f"commas, and {has}"
        )
    if twice:
        raise BadInput(f"{path} has the column {' and the column '.join(twice)} twice: which one counts?")


def _demand(path: Path, line: int, row: dict[str, object], names: Mapping[str, Collection[str]]) -> Demand:
    where = f"{path}:{line}"
    ends: list[str] = []
    for field, allowed in zip(("source", "destination"), ENDS["reachable"], strict=True):
        text = str(row.get(field) or "")
        try:
            end = PROMISED.canonical(text)
        except ValueError as error:
            raise BadInput(f"{where}: {field}: {error}; expected {PROMISED.expected}") from error
        written, name = end_parts(end)
        words = [word for word in ((written,) if written else possible_words(name)) if word in allowed]
        if not any(word in ("prefix", INTERNET, INFRASTRUCTURE) or name in names.get(word, ()) for word in words):
            raise BadInput(f"{where}: {field}: the region has no {' or '.join(words) or 'such end'} `{name}`")
        ends.append(end)
    try:
        mbps = float(str(row.get("mbps")))
    except ValueError as error:
        raise BadInput(f"{where}: mbps: `{row.get('mbps')}` is not a number") from error
    if not 0 <= mbps < 1e9:
        raise BadInput(f"{where}: mbps: {mbps:g} is not from 0 to 999,999,999")
    return Demand(source=ends[0], destination=ends[1], mbps=mbps)
