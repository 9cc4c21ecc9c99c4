"""Makes the modules of this directory (`regions`) importable from every test: pytest puts a conftest's directory on the
path. And how Hypothesis works here: the same examples in every run, for as long as they take.

`XC_SEARCH=1` tries others in each run, as whoever looks for mistakes wants it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "crossconnect",
    # A machine that others use as well may be slow at any moment.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    # A run that fails fails again: what a search finds once in a hundred runs is no news of the change that is tested.
    derandomize=not os.environ.get("XC_SEARCH"),
    print_blob=True,
)
settings.load_profile("crossconnect")
