"""Everything of the practice LMS that answers a request: services, launch, pages, and the API for tests."""
