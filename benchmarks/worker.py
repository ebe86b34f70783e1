"""The process of one peer, started by `benchmarks.alternate`: it measures once per line on standard input.

It answers each line with JSON: seconds, observations, and its peak memory.
"""

import importlib
import json
import resource
import sys
import time

from benchmarks.task import Task


def main() -> None:
    """Prepare the peer, report that it is ready, and answer each line."""
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
    """Write one line of JSON to the process that started this one."""
    print(json.dumps(values), file=sys.__stdout__, flush=True)


if __name__ == "__main__":
    main()
