"""Files of our own in the host's data folder, beside the database."""
