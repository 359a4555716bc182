"""What the running process offers: its clocks, its chance, and what all loads of this code in it share."""
