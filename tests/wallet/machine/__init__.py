"""What the state machine of money stands on: breaking connections, and a slow, simple model."""
