"""`python -m crossconnect.cloud.resolver FILE`: the resolver's agent on a hypervisor."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from crossconnect.cloud.resolver.agent import read_configuration, run_agent
from crossconnect.errors import BadInput


def main(arguments: list[str]) -> int:
    """Exit code: 0 when told to end, 2 for a configuration that cannot be used."""
    if len(arguments) != 1:
        print("usage: python -m crossconnect.cloud.resolver FILE", file=sys.stderr)
        return 2
    try:
        configuration = read_configuration(Path(arguments[0]))
        asyncio.run(run_agent(configuration))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
