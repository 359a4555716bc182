"""The core, opened and wired for any entrypoint; knows no host.

`container` wires it; `policy` turns settings into what a turn follows; `storage`, `storage_place`, `storage_lazy` and
`storage_file` what is kept, where, opened when; `catalog_caches` where the list of models is kept; `revisions` the
steps of the database.
"""
