"""The single file that Open WebUI is given: built here from the shell, the loader and all modules the service needs.

`rewrite` makes imports relative, `collect` finds the modules, `build` writes the file, `loader` is carried inside it,
`measure` shows what loading costs. Run as `python -m entrypoints.openwebui.bundle`.
"""
