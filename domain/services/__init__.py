"""Use cases, one verb_noun per file: the only part of the core that waits.

A turn: `run_turn` takes four steps, `admit_turn`, `assemble_turn` (with `prepare_turn`), `drive_turn` (with
`attempt`, `running_calls`, `turn_timers`) and `settle_turn`; `own_tasks` keeps what outlives its reader. Its tools:
`equip_turn`, `run_call`, `journal_calls`, `guard_call` and `guard_tools` for breakers. What it leaves:
`remember_turn`, `clean_artifacts`, `rotate_keys`, `forget_person`. The list of models: `list_models`, `sync_models`.
"""
