"""Validates values by JSON Schema 2020-12 with the library jsonschema."""
