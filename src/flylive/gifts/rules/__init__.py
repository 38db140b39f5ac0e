"""Pure decisions about gifts: what they cost, who earns what, what a draw pays."""
