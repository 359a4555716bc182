"""The operator's command that compares the ledger with OpenRouter's figures. It is not in the single file."""
