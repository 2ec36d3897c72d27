"""The door to the web, before servers of the tests' own."""
