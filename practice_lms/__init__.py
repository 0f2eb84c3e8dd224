"""A small, strict LTI 1.3 Advantage platform to try the tool against, in a browser and in tests."""
