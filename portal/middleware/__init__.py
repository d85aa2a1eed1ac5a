"""Around every request: where it came from, whose time zone it is, and how a refusal is told."""
