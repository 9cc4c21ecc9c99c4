"""The command group: finds and imports a command by name, and turns every outcome into an exit code."""

from __future__ import annotations

import difflib
import importlib
import sys

import click

from crossconnect import __version__
from crossconnect.cli.main import COMMANDS
from crossconnect.errors import BadInput, CrossconnectError


class LazyGroup(click.Group):
    """Commands are found by name and imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"crossconnect.cli.commands.{cmd_name.replace('-', '_')}")
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


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code."""
    stdout = sys.stdout
    try:
        result = cli.main(args=argv, prog_name="xc", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except SystemExit as end:
        # click ends the process itself when the reader has gone, and puts something else in the place of stdout.
        if sys.stdout is not stdout:
            return 0
        return end.code if isinstance(end.code, int) else 1
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
    except OSError as error:
        # A disk that is full, a directory that cannot be written: the machine's words, with the file they are about.
        where = f" ({error.filename})" if error.filename else ""
        print(f"xc: {error.strerror or error}{where}", file=sys.stderr)
        return 1


def _print_chain(error: BaseException) -> None:
    """The failed operation, then its causes."""
    said = str(error)
    print(f"xc: {said}", file=sys.stderr)
    cause = error.__cause__
    while cause is not None:
        # The machine's words without their number and the file, which the operation has named.
        text = cause.strerror if isinstance(cause, OSError) and isinstance(cause.strerror, str) else str(cause)
        if text not in said:  # often its text is part of what was printed already
            said = text
            print(f"    because: {said}", file=sys.stderr)
        cause = cause.__cause__
