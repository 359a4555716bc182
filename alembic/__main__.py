"""Runs alembic's commands on this folder without an ini file; see docs/developers.md."""

from pathlib import Path

from alembic.config import CommandLine, Config

commands = CommandLine("python alembic")
config = Config()
config.set_main_option("script_location", str(Path(__file__).resolve().parent))
config.set_main_option("path_separator", "os")
config.cmd_opts = commands.parser.parse_args()
commands.run_cmd(config, config.cmd_opts)
