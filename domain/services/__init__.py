"""Use cases, one verb_noun per file: the only part of the core that waits.

A turn: `run_turn` takes four steps, `admit_turn`, `assemble_turn` (with `prepare_turn`), `drive_turn` (with `attempt`,
`running_calls`, `turn_timers`) and `settle_turn`. `turn_mask` masks secrets in what a turn reports; `report_unknown`
names types of upstream that no table knows. `owned_tasks` holds tasks that outlive the reader; `reader_disconnect`
cancels a turn whose reader has gone. Tools: `equip_turn`, `run_call`, `journal_calls`, `journal_results`; their circuit
breakers: `guard_call`, `guard_tools`. Stores: `turn_stores` chooses them, `store_budget` limits the time a turn waits
for them; `remember_turn`, `report_interrupted`, `clean_artifacts`, `rotate_keys`, `forget_person`. Money:
`book_attempts`, `keep_ledger`, `keep_unwritten`, `look_up_bills`, `sweep_ledger`, `reconcile_ledger`. The list of
models: `list_models`, `cache_catalog`, `sync_models`. `background_pass` is the frame of all work that one process at a
time does, `background_tasks` holds the tasks of one owner.
"""
