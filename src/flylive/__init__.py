"""FlyLive: an open backend for live voice rooms."""

__version__ = "0.1.0"
