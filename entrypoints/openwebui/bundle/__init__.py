"""The single file that Open WebUI is given: built here from the shell, the loader and all modules the service needs.

`rewrite` makes imports relative, `collect` finds the modules, `pack` compresses them, `build` writes the file.
`carried`, `kept_code`, `loader` and `shell` stand in the file itself, readable. `measure` shows what loading costs.
Run as `python -m entrypoints.openwebui.bundle`.
"""
