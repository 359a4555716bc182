"""The operator's command for records of turns: show one, or feed its turns again. It is not in the single file."""
