"""Files of this pipe in the host's data folder, beside the database."""
