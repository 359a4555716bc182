"""Numbers of the process: added up in the memory that all loads share, and served as Prometheus text on loopback."""
