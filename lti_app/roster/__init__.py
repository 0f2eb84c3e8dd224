"""People and courses: what a launch tells of them."""
