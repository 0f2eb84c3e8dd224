"""Tables that more than one package needs."""
