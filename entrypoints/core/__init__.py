"""Open and wire the core for any entrypoint. Nothing here knows a host.

`open_core` opens the adapters and returns the core; `container` wires it. `asked` holds a caller's request and turns it
into a `TurnRequest`; `policy` turns settings into limits, routes, retries and retention; `offered_models` returns the
models on offer, or why there are none; `catalog_caches` lists the caches of the model list. Stores of what turns leave:
`turn_stores` decides whether a turn has one, `storage` opens the stores and keeps them open, `storage_place` holds
their location, `storage_file` checks our SQLite file, `storage_lazy` opens on first use, `revisions` finds the
migrations.
"""
