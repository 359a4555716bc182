"""Write the single file and its digest, or the reasons against it.

`python -m entrypoints.openwebui.bundle [--output FILE]`; `FILE.sha256` can be checked with `sha256sum -c`.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from entrypoints.openwebui.bundle.build import BundleRefused, build
from entrypoints.openwebui.bundle.rewrite import ImportRefused

ROOT = Path(__file__).resolve().parents[3]


def run(arguments: list[str] | None = None) -> int:
    """Build and write; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m entrypoints.openwebui.bundle", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "openrouter_pipe.py")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to build from")
    options = parser.parse_args(arguments)
    try:
        bundle = build(options.root)
    except BundleRefused as refused:
        sys.stderr.write("".join(f"bundle: {reason}\n" for reason in refused.reasons))
        return 1
    except (ImportRefused, OSError) as error:
        sys.stderr.write(f"bundle: {error}\n")
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    written = bundle.text.encode()
    options.output.write_bytes(written)
    digest = hashlib.sha256(written).hexdigest()
    listed = options.output.with_name(f"{options.output.name}.sha256")
    listed.write_text(f"{digest}  {options.output.name}\n", "ascii", newline="\n")
    sys.stdout.write(
        f"{options.output}: {len(written)} bytes, {len(bundle.paths)} modules, sources {bundle.contents}, "
        f"SHA-256 {digest}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(run())
