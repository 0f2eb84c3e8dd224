"""What people do in a journal; nothing in here commits."""
