"""The journal's forms, and what they do with bad input."""
