"""A process that holds one peer ready and measures it whenever a line comes in; started by `benchmarks.alternate`.

It answers each line with JSON: seconds, observations, and the peak of the memory that it has used.
"""

import importlib
import json
import resource
import sys
import time

from benchmarks.task import Task


def main() -> None:
    """Prepare the peer, say so, and answer."""
    peer, values = sys.argv[1], json.loads(sys.argv[2])
    task = Task(**values)
    try:
        module = importlib.import_module(f"benchmarks.peers.{peer}")
        run = getattr(module, task.action)(task)
    except ModuleNotFoundError as error:
        answer({"missing": error.name})
        return
    run()  # compilation and warm-up
    answer({"ready": True})
    for _ in sys.stdin:
        began = time.perf_counter()
        observations = run()
        seconds = time.perf_counter() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answer({"seconds": seconds, "observations": observations, "peak_mib": memory})


def answer(values: dict) -> None:
    """One line of JSON to whoever started this process."""
    print(json.dumps(values), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
