"""Payment providers, played on loopback: stateful, with the shapes of their own SDKs."""
