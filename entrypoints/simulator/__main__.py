"""`python -m entrypoints.simulator`: serve until interrupted."""

import argparse
import asyncio
import signal
import sys
from decimal import Decimal

from entrypoints.simulator.account import LIMIT, Allowed
from entrypoints.simulator.server import (
    DEFAULT_KEYS,
    GENERATION_DELAY,
    NotLoopback,
    running_simulator,
)


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.simulator", description="OpenRouter on loopback.")
    parser.add_argument("--port", type=int, default=8900, help="port; 0 chooses a free port")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--key", action="append", help="API key to accept; may be repeated")
    parser.add_argument(
        "--generation-delay", type=float, default=GENERATION_DELAY, help="seconds until the bill of a call appears"
    )
    parser.add_argument("--limit", type=Decimal, default=LIMIT, help="USD that each key may spend; 0: unlimited")
    parser.add_argument("--credits", type=Decimal, help="USD in the account; without it no key may read them")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    """Print the base URL and serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    keys = frozenset(options.key) if options.key else DEFAULT_KEYS
    delay = options.generation_delay
    async with running_simulator(options.port, keys, host=options.host, generation_delay=delay) as simulator:
        simulator.allowed = Allowed(options.limit or None, options.credits)
        sys.stdout.write(simulator.url + "\n")
        sys.stdout.flush()
        await stop.wait()


def run() -> int:
    """Run the command; report a failure to listen in one line."""
    try:
        asyncio.run(serve(parsed(sys.argv[1:])))
    except (NotLoopback, OSError) as failure:
        sys.stderr.write(f"simulator: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
