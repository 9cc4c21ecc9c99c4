"""Network operating systems compared before one is bought: one suite of EVPN/VXLAN features, rendered for each.

    suite (YAML) --nos--> region -> blueprint -> files, findings     what it can express, and how much text that takes
                                        |-> simulated state -> tests what a lab or a device must then show

Invariant: pure; everything told of a system comes from its renderer, its facts and its support table.
"""

from crossconnect.evaluate.answers import Verdict, judged
from crossconnect.evaluate.candidate import Candidate, candidate
from crossconnect.evaluate.comparison import Comparison, comparison
from crossconnect.evaluate.documents import documents
from crossconnect.evaluate.suite import UNDERLAYS, suite_texts
from crossconnect.evaluate.test_plan import Test, plan_tests

__all__ = [
    "UNDERLAYS",
    "Candidate",
    "Comparison",
    "Test",
    "Verdict",
    "candidate",
    "comparison",
    "documents",
    "judged",
    "plan_tests",
    "suite_texts",
]
