"""The running process: its clocks, randomness, threads, and state shared by all loads of this code in it."""
