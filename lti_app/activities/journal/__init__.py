"""The reflective journal: a teacher writes and finishes, and is the only one who reads."""
