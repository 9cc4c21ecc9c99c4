"""What agents on nodes have in common: a configuration in one file, a life until a signal, programs that they call."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crossconnect.errors import BadInput, Rejected

COMMAND_S = 20.0
BRIEF = 80
"""Characters of a program's line that an error names."""

T = TypeVar("T")


def read_configuration(path: Path, kind: type[T]) -> T:
    """The configuration in a file. Raises BadInput."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise BadInput(f"{path}: {error}") from error


def main(name: str, arguments: Sequence[str], kind: type[T], run: Callable[[T], Coroutine[Any, Any, None]]) -> int:
    """Run the agent `crossconnect.cloud.<name>` with a file's configuration until SIGTERM or SIGINT. Exit code: 0 when
    told to end, 2 for a configuration that cannot be used."""
    if len(arguments) != 1:
        print(f"usage: python -m crossconnect.cloud.{name} FILE", file=sys.stderr)
        return 2
    try:
        asyncio.run(_until_told(run(read_configuration(Path(arguments[0]), kind))))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def command(words: Sequence[str], text: str = "") -> bytes:
    """What a program prints, given `text`. Raises Rejected with what it says, also after COMMAND_S."""
    pipe = asyncio.subprocess.PIPE
    called = " ".join(words).partition("\n")[0][:BRIEF]
    try:
        process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise Rejected(f"`{called}`: {error.strerror}") from error
    try:
        out, err = await asyncio.wait_for(process.communicate(text.encode()), COMMAND_S)
    except TimeoutError:
        process.kill()
        raise Rejected(f"`{called}` did not end within {COMMAND_S:.0f} s") from None
    if process.returncode:
        raise Rejected(f"`{called}`: {err.decode(errors='replace').strip()[-500:]}")
    return out
