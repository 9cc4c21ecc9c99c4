"""Drills: an injected failure under traffic, with an outcome that the simulation has promised beforehand.

Invariant: a drill that proves nothing says so. No packet sent, a flow that did not run cleanly before the event, or a
flow that never crossed what was broken is a failed drill, not a passed one.
"""

from crossconnect.drills.definition import Drill, Event, Flow, PredictedFlow
from crossconnect.drills.result import DrillResult, FlowResult, HealResult, Ping

__all__ = ["Drill", "DrillResult", "Event", "Flow", "FlowResult", "HealResult", "Ping", "PredictedFlow"]
