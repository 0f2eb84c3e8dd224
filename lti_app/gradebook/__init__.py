"""From a completion to a score in the platform's gradebook."""
