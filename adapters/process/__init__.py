"""What the running process offers: its clocks, its chance, threads, and what all loads of this code in it share."""
