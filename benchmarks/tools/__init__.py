"""The tools that Staffroom is measured against."""
