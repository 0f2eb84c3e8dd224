"""Staffroom: a launch becomes a person in a course, a deed a fact, facts a completion, a completion a score."""
