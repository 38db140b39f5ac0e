"""FlyLive: an open backend for live voice rooms."""
