"""Prompt sets: what a journal asks, as named steps; the shipped ones stand here as data."""
