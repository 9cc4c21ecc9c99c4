"""What a run has shown, as one HTML file that opens anywhere: for the engineer who decides, and for the audit.

Invariant: pure, and honest. What was not done is shown as not done; a count of zero proves nothing; no part of the
page comes from another host.
"""

from crossconnect.drills.result import Ping
from crossconnect.report.cloud import CloudFlow, CloudName, CloudRun
from crossconnect.report.comparison import compare
from crossconnect.report.inputs import Comparison, ReportInputs, RunFacts
from crossconnect.report.page import write_html
from crossconnect.report.rollout import RolloutChange, RolloutRun
from crossconnect.report.systems import Systems, SystemSample

__all__ = [
    "CloudFlow",
    "CloudName",
    "CloudRun",
    "Comparison",
    "Ping",
    "ReportInputs",
    "RolloutChange",
    "RolloutRun",
    "RunFacts",
    "SystemSample",
    "Systems",
    "compare",
    "write_html",
]
