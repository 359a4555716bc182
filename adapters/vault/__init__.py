"""Sealing of stored data: LZ4 compression, then Fernet encryption.

`vault` implements the port Cipher; `keys` derives keys from passphrases; `key_file` stores a generated key;
`compression` wraps LZ4.
"""
