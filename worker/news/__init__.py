"""What news is: values, identity, schedule, revisions, policies. Pure: no I/O, no clock, no chance, no foreign library."""
