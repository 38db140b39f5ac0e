"""Programs that stand beside the platform and speak only its API."""
