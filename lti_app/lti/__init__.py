"""The LTI 1.3 Advantage protocol; the only package that knows PyLTI1p3."""
