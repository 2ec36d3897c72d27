"""What a reader can run to see the figures in the README: `python -m bench`, or one of them by name."""
