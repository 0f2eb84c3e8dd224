"""Pages of no activity: what platforms post to, health, errors, headers."""
