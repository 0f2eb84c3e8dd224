"""The reflective journal: a teacher writes, finishes, and decides who reads."""
