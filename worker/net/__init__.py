"""The only door to the web: the HTTP client, the guard of addresses, the limits of answers, the rules of robots.txt."""
