"""Try catalogues, configs and studies at random for some minutes; the first finding ends it.

python tests/bench/fuzz.py [minutes]
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = 200  # of each kind, in one round


def main(minutes):
    """Run the tests of tests/test_fuzz.py again and again, each time from another seed."""
    begun, rounds = time.monotonic(), 0
    while time.monotonic() - begun < 60 * minutes:
        seed = time.time_ns() % 2**32
        command = [sys.executable, "-m", "pytest", "-q", "-x", "tests/test_fuzz.py"]
        env = os.environ | {"FUZZ": str(EXAMPLES)}
        done = subprocess.run(
            [*command, f"--hypothesis-seed={seed}"], cwd=ROOT, env=env, check=False
        )
        if done.returncode:
            raise SystemExit(f"a finding with seed {seed}, see above")
        rounds += 1
        print(f"{rounds} rounds of {3 * EXAMPLES} examples, nothing found", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5)
