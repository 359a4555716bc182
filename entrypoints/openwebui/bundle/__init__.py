"""The single file that Open WebUI is given: built here from the shell, the loader and all modules the service needs.

`rewrite` makes imports relative, `collect` finds the modules, `pack` compresses them, `build` writes the file.
`forms`, `shell`, `carried`, `kept_code` and `loader` stand in the file itself, readable: settings before the service
exists, its loading, and how the modules are unpacked. `measure` shows what loading costs.
Run as `python -m entrypoints.openwebui.bundle`.
"""
