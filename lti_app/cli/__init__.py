"""Commands of an operator: platforms, sign-in links, keys, and serving."""
