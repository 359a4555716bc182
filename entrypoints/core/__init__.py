"""The core, opened and wired for any entrypoint; knows no host.

`open_core` opens the adapters and is the way to use the core; `container` wires it; `caller_request` what a caller
asks, and the request it becomes; `policy` turns settings into what a turn follows; `offered_models` the models on
offer, or why there are none. `core_stores` opens and cleans the stores turns use; `storage` keeps them open, `stores`
opens a database, `storage_location` says where it is, `storage_vault` makes what seals it, `storage_file` watches our
SQLite file, `storage_lazy` opens with the first call; `revisions` are the steps of the database. `warned_once` logs a
warning once; `catalog_caches` says where the list of models is kept.
"""
