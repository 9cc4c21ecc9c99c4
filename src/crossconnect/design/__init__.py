"""Model and lock become a blueprint: here the network engineering is written down.

Invariant: pure and total. Same region and lock, same blueprint, byte for byte; every decision names its RFC or
practice where it is made; everything that cannot be designed is a finding.
"""

from crossconnect.design.compiler import Compiled, compile_region, design, design_device, further_findings
from crossconnect.design.context import Context
from crossconnect.design.preparation import build_context

__all__ = ["Compiled", "Context", "build_context", "compile_region", "design", "design_device", "further_findings"]
