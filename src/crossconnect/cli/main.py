"""Entry point of `xc`: names, one-line help and exit codes; everything else is imported when it is needed.

    0 success   1 findings or failure   2 bad input or usage   3 changes (`plan --detailed-exitcode`)   130 interrupted

`xc --help` is answered from the table below without importing anything: click alone takes 100 ms of CPU to load.
"""

from __future__ import annotations

import gc
import sys

COMMANDS: dict[str, str] = {
    "init": "Write a small working region to start from.",
    "validate": "Check a region's files, line by line.",
    "lock": "Allocate numbers and write region.lock.",
    "plan": "Show what a change does: devices, numbers, findings, effect.",
    "approve": "Agree to a saved plan.",
    "ci": "Judge a change before it is merged: report as Markdown and SARIF.",
    "apply": "Carry a saved plan out on a running lab, in waves with gates.",
    "show": "List what a region contains: devices, links, VRFs, segments, numbers.",
    "render": "Write every device's configuration files.",
    "simulate": "Predict the network's state and check it, healthy and under every failure.",
    "what-if": "Ask who notices when switches are taken out of service.",
    "trace": "Follow a packet from a host to an address, hop by hop.",
    "prove": "Prove assertions, healthy and over failures, or show a counter-example.",
    "explain": "Explain a route: candidates, where each lost, who announces it to whom.",
    "state": "Write the state tables of the simulation or of a lab as Parquet.",
    "query": "Run SQL over state tables.",
    "lab": "Run the region as real daemons on this machine.",
    "drill": "Break a running lab under traffic and measure what is lost.",
    "evaluate": "Compare network operating systems by one suite, and write test plans.",
    "serve": "Serve the API of the tenants' cloud.",
    "cloud": "Work with VPCs, subnets, security groups and the rest through the API.",
    "schema": "Write JSON Schemas, so that editors complete and underline.",
    "demo": "The whole path: validate, simulate, boot, compare, break, heal, report.",
}

HELP = """\
Usage: xc [OPTIONS] COMMAND [ARGS]...

  The network of a regional cloud as software: one region model in Git, from racks to tenants' networks.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
{commands}
"""


def help_text() -> str:
    """What `xc --help` prints."""
    width = max(map(len, COMMANDS))
    return HELP.format(commands="\n".join(f"  {name:{width}}  {text}" for name, text in COMMANDS.items()))


def main(argv: list[str] | None = None) -> None:
    """Run `xc` and end the process with the documented exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments in ([], ["-h"], ["--help"]):
        print(help_text(), end="")
        raise SystemExit(0)
    # One short-lived process that makes many small values and drops few: the cycle collector only costs (a third of
    # a large region's compile), and there is nothing for it to find.
    gc.disable()
    from crossconnect.cli.group import run

    code = run(arguments)
    sys.stdout.flush()
    raise SystemExit(code)
