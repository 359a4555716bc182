"""Use cases, one verb_noun per file: the only part of the core that waits.

A turn: `run_turn` takes four steps, `admit_turn`, `assemble_turn` (with `prepare_turn`), `drive_turn` (with `attempt`,
`running_calls`, `turn_timers`) and `settle_turn`; `owned_tasks` keeps what outlives its reader, `reader_disconnect`
ends a turn nobody reads. Its tools: `equip_turn`, `run_call`, `journal_calls`, `journal_results`, `guard_call` and
`guard_tools` for breakers. Its stores: `turn_stores` chooses them, `store_budget` says how long a turn waits for them;
`remember_turn`, `report_interrupted`, `clean_artifacts`, `rotate_keys`, `forget_person`. The list of models:
`list_models`, `cache_catalog`, `sync_models`.
"""
