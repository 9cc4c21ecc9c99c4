"""`python -m crossconnect.cloud.concentrator FILE`: the agent of a VPN concentrator."""

from __future__ import annotations

import sys

from crossconnect.cloud.agent_process import main
from crossconnect.cloud.concentrator.agent import run_agent
from crossconnect.cloud.concentrator.decision import ConcentratorConfiguration

if __name__ == "__main__":
    sys.exit(main("concentrator", sys.argv[1:], ConcentratorConfiguration, run_agent))
