"""What is measured, and against what; README.md tells how."""
