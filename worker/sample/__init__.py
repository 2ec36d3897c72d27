"""The outlet `sample`: a small news site of our own writing, served on this machine: a first run without the internet, and a canary."""
