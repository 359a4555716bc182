"""Sealing what is kept of a chat: LZ4, then Fernet; keys from passphrases or from a file made once."""
