"""`python -m crossconnect.cloud.announce FILE`: the agent of a gateway node."""

from __future__ import annotations

import sys

from crossconnect.cloud.agent_process import main
from crossconnect.cloud.announce.agent import run_agent
from crossconnect.cloud.announce.decision import AgentConfiguration

if __name__ == "__main__":
    sys.exit(main("announce", sys.argv[1:], AgentConfiguration, run_agent))
