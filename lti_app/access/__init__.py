"""Who is asking, and may they: no other package has a rule of opening or of reading."""
