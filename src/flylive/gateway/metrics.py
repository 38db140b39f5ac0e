"""What the gateway counts for Prometheus."""

from prometheus_client import Counter, Gauge

SESSIONS = Gauge("flylive_gateway_sessions", "Sockets open now.")
CHANNELS = Gauge("flylive_gateway_channels", "Streams followed by somebody here.")
DELIVERIES = Counter("flylive_gateway_deliveries_total", "Event frames written to sockets.")
EVENTS = Counter("flylive_gateway_events_total", "Events delivered, once per stream.")
SWEPT = Counter(
    "flylive_gateway_swept_streams_total", "Streams found behind by the sweep, not by a hint."
)
RESYNCS = Counter("flylive_gateway_resyncs_total", "Resync frames, by reason.", ["reason"])
CLOSES = Counter("flylive_gateway_closes_total", "Sockets closed by the gateway.", ["code"])
REFUSALS = Counter("flylive_gateway_refusals_total", "Upgrades refused, by status.", ["status"])
