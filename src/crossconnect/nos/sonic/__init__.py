"""SONiC, community releases of 202411 and later: `config_db.json`, and `frr.conf` with `split-unified`.

Invariant: CONFIG_DB has what its YANG models have and the design decided, text in every field, nothing of the hardware
SKU; `frr.conf` is the only source of FRR's configuration, so that no template of the image adds to it or takes from it.
"""

from crossconnect.nos.sonic.codes import CODES
from crossconnect.nos.sonic.network_os import SYSTEM

__all__ = ["CODES", "SYSTEM"]
