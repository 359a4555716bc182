"""Validates values by JSON Schema 2020-12 in a bounded number of steps.

`checker` implements the port. `keywords` judges a value by a schema, with `assertions` for what is said about the value
itself, `evaluated` for the keywords that ask what others have judged, `references` for `$ref`, `shape` for schemas
that are none, `values` for equality and error texts, `patterns` for regular expressions.
"""
