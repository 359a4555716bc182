"""The core, opened and wired for any entrypoint; knows no host.

`open_core` opens the adapters and is the way to use the core; `container` wires it; `asked` what a caller asks, and
the request it becomes; `policy` turns settings into what a turn follows; `offered_models` the models on offer, or why
there are none. What turns leave: `turn_stores` decides whether, `storage` opens the stores and keeps them open,
`storage_place` says where, `storage_file` looks after our SQLite file, `storage_lazy` opens with the first call;
`revisions` the steps of the database. `catalog_caches` where the list of models is kept.
"""
