"""The only door to the web: the HTTP client with its limits. The address guard and robots.txt have their seats here."""
