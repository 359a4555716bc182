"""Records of turns as encrypted zip files: one per message, written and cleaned by a thread of its own."""
