"""`xc evaluate`: network operating systems compared, and their test plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.output import draw, emit, output_option, say
from crossconnect.errors import BadInput

if TYPE_CHECKING:
    from crossconnect.evaluate import Comparison

_STATES = {"run": "yes", "rendered": "rendered", "partial": "partly", "none": "NO"}


@click.command("evaluate")
@click.argument("systems", nargs=-1, required=True, metavar="NOS...")
@output_option
@click.option(
    "-d",
    "--directory",
    type=click.Path(path_type=Path),
    default=None,
    help="Write the report, the suite, labs with configurations and test plans there.",
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="Judge a test plan: SITUATION/DEVICE/NUMBER, the answers to its questions; NOS is then NOS/UNDERLAY.",
)
def command(systems: tuple[str, ...], output: str, directory: Path | None, answers: Path | None) -> int:
    """Compare network operating systems before one is bought: one suite of EVPN/VXLAN features rendered for each, what
    each cannot express, size and shape of the configurations, and a test plan to run in a lab or on devices.

    Exit code 1 when answers are not as expected.
    """
    if answers is not None:
        return _judge(systems, answers, output)
    from crossconnect.evaluate import candidate, comparison, documents

    for nos in systems:
        _check(nos)
    candidates = [candidate(nos) for nos in dict.fromkeys(systems)]
    compared = comparison(candidates)
    emit(compared, output, lambda: _text(compared))
    if directory is not None:
        from crossconnect.cli.files_directory import write_files

        files = documents(candidates, compared)
        write_files(directory, files, "xc evaluate")
        say(f"wrote {directory}: {len(files)} files; begin with {directory / 'report.md'}")
    return 0


def _check(nos: str) -> None:
    from crossconnect.nos.registry import known, problem

    if nos not in known():
        raise BadInput(f"'{nos}' is no network OS known here; there are {', '.join(known())}")
    if why := problem(nos):
        raise BadInput(f"{nos}: {why}")


def _text(compared: Comparison) -> str:
    names = [c.nos for c in compared.candidates]
    rows = [(f.title, *(_STATES[on.state] for on in f.on)) for f in compared.features]
    parts = [draw(("feature", *names), rows)]
    notes = [
        (name, f.title, on.reason + (f"; nearest: {on.nearest}" if on.nearest else ""))
        for f in compared.features
        for name, on in zip(names, f.on, strict=True)
        if on.state in ("partial", "none")
    ]
    if notes:
        parts += ["\nwhat is missing:\n", draw(("nos", "feature", "why"), notes)]
    shapes = [
        (shape.role, c.nos, str(shape.files), str(shape.lines), f"{shape.octets / 1024:.1f}")
        for c in compared.candidates
        for shape in c.shapes
    ]
    parts += ["\nconfigurations of the suite, the largest device of each role:\n"]
    parts.append(draw(("role", "nos", "files", "lines", "KiB"), sorted(shapes)))
    parts += [
        f"{c.nos}: {c.errors} errors and {c.warnings} warnings about the suite; written for {c.versions}"
        for c in compared.candidates
    ]
    return "\n".join(parts)


def _judge(systems: tuple[str, ...], answers: Path, output: str) -> int:
    from crossconnect.evaluate import UNDERLAYS, judged, plan_tests
    from crossconnect.evaluate.candidate import suite_blueprint

    if len(systems) != 1 or systems[0].count("/") != 1:
        raise BadInput("--answers judges one test plan: give it as NOS/UNDERLAY, such as eos/numbered")
    nos, _, word = systems[0].partition("/")
    _check(nos)
    if word not in UNDERLAYS:
        raise BadInput(f"'{word}' is no underlay of the suite; there are {', '.join(UNDERLAYS)}")
    blueprint = suite_blueprint(nos, UNDERLAYS[UNDERLAYS.index(word)])
    devices = {device.name: device for device in blueprint.devices}
    verdicts = []
    for test in plan_tests(blueprint):
        place = answers / test.situation / test.device
        if (answers / test.situation).is_dir():
            verdicts.append(judged(test, devices[test.device], _read(place, len(test.asks))))
    if not verdicts:
        raise BadInput(f"{answers} has no answers: they are expected as SITUATION/DEVICE/NUMBER")

    def text() -> str:
        lines = []
        for verdict in verdicts:
            lines.append(f"{'passed' if verdict.passed else 'FAILED'}  {verdict.situation}  {verdict.device}")
            lines += [f"    missing: {row}" for row in verdict.missing]
            lines += [f"    too much: {row}" for row in verdict.surplus]
            lines += [f"    not understood: {row}" for row in verdict.unreadable]
            lines += [f"    not answered: {row}" for row in verdict.unanswered]
        return "\n".join(lines)

    emit(verdicts, output, text)
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _read(place: Path, count: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for number in range(count):
        file = place / str(number)
        if file.is_file():
            found[number] = file.read_bytes()
    return found
