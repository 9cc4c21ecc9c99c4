"""SONiC, community releases of 202411 and later: `config_db.json`, and `frr.conf` with `split-unified`; or, for roles
that the design chooses, all of it in `config_db.json` (`framework`).

Invariant: CONFIG_DB has what its YANG models have and the design decided, text in every field, nothing of the hardware
SKU; `frr.conf`, where there is one, is the only source of FRR's configuration, so that no template of the image adds to
it or takes from it. What no table can say is a finding.
"""

from crossconnect.nos.sonic.codes import CODES
from crossconnect.nos.sonic.network_os import SYSTEM

__all__ = ["CODES", "SYSTEM"]
