"""Sealing what is kept of a chat: LZ4, then Fernet.

`vault` implements the cipher; `keys` from passphrases; `key_file` one made once; `compression`.
"""
