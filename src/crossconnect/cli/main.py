"""Entry point of `xc`: names, one-line help and exit codes; everything else is imported when it is needed.

    0 success   1 findings or failure   2 bad input or usage   3 changes (`plan --detailed-exitcode`)   130 interrupted
"""

from __future__ import annotations

import importlib
import sys

import click

from crossconnect import __version__
from crossconnect.errors import BadInput, CrossconnectError

# Help is printed from this table, so that `xc --help` imports no command.
COMMANDS: dict[str, str] = {
    "init": "Write a small working region to start from.",
    "validate": "Check a region's files, line by line.",
    "lock": "Allocate numbers and write region.lock.",
    "plan": "Show what a change does: devices, numbers, findings, effect.",
    "show": "List what a region contains: devices, links, VRFs, segments, numbers.",
    "render": "Write every device's configuration files.",
    "simulate": "Predict the network's state and check it, healthy and under every failure.",
    "trace": "Follow a packet from a host to an address, hop by hop.",
    "state": "Write the state tables of the simulation or of a lab as Parquet.",
    "query": "Run SQL over state tables.",
    "lab": "Run the region as real daemons on this machine.",
    "drill": "Break a running lab under traffic and measure what is lost.",
    "schema": "Write JSON Schemas, so that editors complete and underline.",
    "demo": "The whole path: validate, simulate, boot, compare, break, heal, report.",
}


class LazyGroup(click.Group):
    """Commands are found by name and imported on use (`xc --help` stays within 100 ms of CPU)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"crossconnect.cli.commands.{cmd_name}")
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a mistyped one."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'xc --help' lists the commands."
            raise click.UsageError(f"there is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "XC", "max_content_width": 110},
)
@click.version_option(__version__, prog_name="xc")
def cli() -> None:
    """The network of a regional cloud as software: one region model in Git, from racks to tenants' networks."""


def main(argv: list[str] | None = None) -> int:
    """Run `xc` and end the process with the documented exit code; no traceback for anything a user can cause."""
    code = run(sys.argv[1:] if argv is None else argv)
    sys.stdout.flush()
    raise SystemExit(code)


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = cli.main(args=argv, prog_name="xc", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as mistake:
        mistake.show(sys.stderr)
        return 2
    except (KeyboardInterrupt, click.exceptions.Abort):
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has gone; what it has read was right.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115 - stays open until the process ends
        return 0
    except CrossconnectError as error:
        _print_chain(error)
        return 2 if isinstance(error, BadInput) else 1


def _print_chain(error: BaseException) -> None:
    """The failed operation, then its causes."""
    print(f"xc: {error}", file=sys.stderr)
    cause = error.__cause__
    while cause is not None:
        print(f"    because: {cause}", file=sys.stderr)
        cause = cause.__cause__
