"""`xc prove`: does an assertion hold, over every failure that it is to survive?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from crossconnect.checks.assertion_text import Misread, misread_text, parse_assertion
from crossconnect.checks.proof import Proof, TooMuch, prove, tables_for
from crossconnect.cli.commands.trace import text as trace_text
from crossconnect.cli.failure_option import failures_of, failures_options
from crossconnect.cli.memory_limit import memory_option, refuse_too_large
from crossconnect.cli.output import coloured, emit, output_option, say
from crossconnect.cli.region import Ready, load_or_exit, region_option
from crossconnect.errors import BadInput
from crossconnect.intent.codes import PROMISE_CONTRADICTION
from crossconnect.intent.validate.promises import promise_findings
from crossconnect.intent.validate.subject import subject_of
from crossconnect.model.promise import Element, Promise, end_parts

_ELEMENTS: dict[str, Element] = {
    word: element for element in ("link", "device", "rack", "site") for word in (element, f"{element}s")
}
MEMORY_FACTOR = 1.5
"""Peak of proving over the estimate of the tables: two situations' are there at once, and parts are shared."""

_COLOUR = {"proven": "green", "false": "red"}


class Proofs(msgspec.Struct, frozen=True, kw_only=True):
    """What `prove` found."""

    region: str
    proofs: tuple[Proof, ...]


@click.command("prove")
@click.argument("assertions", metavar="[TEXT]...", nargs=-1)
@region_option
@output_option
@failures_options
@click.option(
    "--survives",
    type=click.IntRange(0, 2),
    default=None,
    help="Evaluate over all combinations of as many failures, whatever the assertions say.  [0<=x<=2]",
)
@memory_option
@click.option("--of", "of", default="", metavar="KINDS", help="What fails: links, devices, racks, sites (with commas).")
def command(
    assertions: tuple[str, ...],
    root: Path,
    output: str,
    fail_links: tuple[str, ...],
    fail_devices: tuple[str, ...],
    survives: int | None,
    of: str,
    memory_max: int | None,
) -> int:
    """Prove assertions such as "tenant red cannot reach tenant blue", or the promises of checks/*.yaml without TEXT.

    A true one is proven over every failure that it is to survive; a false one gets its smallest counter-example: what
    has failed, the packet and its way, or the route and the policy that let it through.

    Exit code 0 when all are proven, 1 when one is false or cannot be tested, 2 for a text that is no assertion.
    """
    ready = load_or_exit(root)
    promises = _written(ready, assertions) if assertions else ready.region.promises
    promises = tuple(_narrowed(promise, survives, _kinds(of)) for promise in promises)
    if not promises:
        say("there is nothing to prove: checks/*.yaml has no promises, and no text is given")
        return 0
    tables = tables_for(ready.blueprint, promises)
    refuse_too_large(ready.blueprint, tables, MEMORY_FACTOR, memory_max, [("an assertion about fewer ends", (), 1.0)])
    already = failures_of(ready.blueprint, fail_links, fail_devices)
    proofs = prove(ready.blueprint, promises, already, _progress if sys.stderr.isatty() else None)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    if isinstance(proofs, TooMuch):
        raise BadInput(f"too much to evaluate: {proofs.estimate}; {proofs.smaller}")
    emit(Proofs(region=ready.region.name, proofs=proofs), output, lambda: "\n".join(_text(ready, p) for p in proofs))
    counts = {
        status: sum(1 for p in proofs if p.status == status) for status in dict.fromkeys(p.status for p in proofs)
    }
    say(f"{ready.region.name}: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    return 0 if set(counts) == {"proven"} else 1


def _written(ready: Ready, assertions: tuple[str, ...]) -> tuple[Promise, ...]:
    """Assertions given as arguments: each a text of its own, or all words of one text. BadInput for what is none."""
    texts = assertions if any(" " in text for text in assertions) else (" ".join(assertions),)
    promises: list[Promise] = []
    for number, text in enumerate(texts, 1):
        promise = parse_assertion(text, f"assertion-{number}")
        if isinstance(promise, Misread):
            raise BadInput(f"this is no assertion: {misread_text(promise)}")
        promises.append(promise)
    region = msgspec.structs.replace(ready.region, promises=tuple(promises))
    wrong = [
        f"{finding.message}{' (' + finding.hint + ')' if finding.hint else ''}"
        for finding in promise_findings(subject_of(region, ready.inventory))
        # That the intent contradicts it makes an assertion false, not unreadable; that it contradicts itself does.
        if finding.code != PROMISE_CONTRADICTION.name or _about_itself(promises, finding.place.path)
    ]
    if wrong:
        raise BadInput("; ".join(wrong))
    return tuple(promises)


def _about_itself(promises: list[Promise], path: str) -> bool:
    promise = next((p for p in promises if f"promises/{p.name}/" in f"{path}/"), None)
    return promise is not None and end_parts(promise.source)[1] == end_parts(promise.destination)[1]


def _kinds(of: str) -> tuple[Element, ...]:
    words = [word.strip() for word in of.split(",") if word.strip()]
    for word in words:
        if word not in _ELEMENTS:
            raise BadInput(f"--of: '{word}' is nothing that fails; there are links, devices, racks and sites")
    return tuple(dict.fromkeys(_ELEMENTS[word] for word in words))


def _narrowed(promise: Promise, survives: int | None, of: tuple[Element, ...]) -> Promise:
    count = promise.survives if survives is None else survives
    if of and not count:
        raise BadInput("--of says what fails, and the assertion is to survive nothing: add --survives 1")
    return msgspec.structs.replace(promise, survives=count, of=(of or promise.of) if count else ())


def _progress(done: int, total: int) -> None:
    if done == total or done % 10 == 0:
        print(f"\r\033[K{done} of {total} situations", end="", file=sys.stderr, flush=True)


def _text(ready: Ready, proof: Proof) -> str:
    """One assertion: its status, what it says, and what stands behind that."""
    label = proof.status if proof.status == "proven" else proof.status.upper()
    shown = click.style(label, fg=_COLOUR.get(proof.status, "yellow"), bold=True) if coloured(sys.stdout) else label
    name = "" if proof.name.startswith("assertion-") else f"{proof.name}: "
    lines = [f"{shown}  {name}{proof.assertion}"]
    if proof.status != "false":
        return "\n".join([*lines, f"    {proof.reason}"])
    counter = proof.counter_example
    lines.append(f"    {'with ' + ', '.join(proof.failures) + ' failed' if proof.failures else 'healthy'}:")
    lines.append(f"    {proof.reason}")
    if counter is not None:
        lines += [f"    {table}: {row}" for table, row in counter.rows]
        if counter.policy:
            lines.append(f"    {ready.region.place(counter.policy)}: {counter.policy}")
        if counter.trace is not None:
            lines += ["    " + line for line in trace_text(counter.trace).splitlines()]
        if counter.back is not None:
            lines += ["    and back:", *("    " + line for line in trace_text(counter.back).splitlines())]
    return "\n".join(lines)
