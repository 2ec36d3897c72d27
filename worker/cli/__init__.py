"""The `copydesk` command, one module for each kind of thing that people do with it."""
