"""Nokia SR Linux 25.3 on 7220 IXR-D2 and D3: its JSON configuration, gNMI Sets between two of them, lint, collecting.

Invariant: what is rendered is valid by Nokia's YANG models of the release, and refers to nothing that it does not
define.
"""

from __future__ import annotations
