"""Which addresses may be reached, and how."""
