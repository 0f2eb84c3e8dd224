"""Everything that a person wrote, for them to take away: as JSON, HTML, PDF and as one ZIP."""
