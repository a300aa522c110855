"""Jobs in a queue of procrastinate: put in, carried out by workers on several machines, looked at."""
