"""`python -m crossconnect.cloud.resolver FILE`: the resolver's agent on a hypervisor."""

from __future__ import annotations

import sys

from crossconnect.cloud.agent_process import main
from crossconnect.cloud.resolver.agent import run_agent
from crossconnect.cloud.resolver.placement import ResolverConfiguration

if __name__ == "__main__":
    sys.exit(main("resolver", sys.argv[1:], ResolverConfiguration, run_agent))
