"""Figures about the API in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4"
disable_created_metrics()
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        """All at zero."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "xc_cloud_requests_total",
            "Requests by operation and status.",
            ["operation", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "xc_cloud_request_seconds",
            "Time from request to answer; of streams, to their first octet.",
            ["operation"],
            buckets=_BOUNDS_S,
            registry=self.registry,
        )
        self._committed = Gauge("xc_cloud_committed", "Number of the last change.", registry=self.registry)
        self._realised = Gauge("xc_cloud_realised", "Number up to which changes are realised.", registry=self.registry)
        self._realising = Gauge(
            "xc_cloud_realising", "Whether this process writes to the northbound database.", registry=self.registry
        )
        self.streams = Gauge("xc_cloud_streams", "Clients that follow the changes.", registry=self.registry)

    def count(self, operation: str, status: int, seconds: float) -> None:
        """One request."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(seconds)

    def text(self, committed: int, realised: int, realising: bool | None) -> bytes:
        """All of them. `realising` is None where this process is not to."""
        self._committed.set(committed)
        self._realised.set(realised)
        if realising is not None:
            self._realising.set(realising)
        return generate_latest(self.registry)
