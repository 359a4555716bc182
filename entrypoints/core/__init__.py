"""Open and wire the core for any entrypoint. Nothing here knows a host.

`open_core` returns the core. What it opens: `foundation` (time, threads, log, stores) and `network` (upstream and
downloads); `wiring` fills the `container`, which builds the use cases. `caller_request` holds a caller's request and
turns it into a `TurnRequest`; `policy` turns settings into limits, routes and retries, `memory_policy` into what is
stored and for how long; `offered_models` returns the models on offer, or why there are none; `catalog_caches` lists the
caches of the model list. Stores of what turns leave: `core_stores` opens and cleans them; `storage` keeps them open,
`stores` opens a database, `core_ledger` wires the ledger, `storage_location` holds its location, `storage_vault` makes
the vault that seals rows, `storage_file` checks our SQLite file, `storage_lazy` opens on first use, `revisions` finds
the migrations. `warned_once` logs a warning once.
"""
