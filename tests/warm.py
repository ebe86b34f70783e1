"""`python run.py` in forks of a process that has the libraries: what new processes do, less those seconds.

A line of JSON on standard input is a command, and answered with the number of its process; or it asks to wait for
one, and is answered with its exit status. See `command.Fork`.
"""

import gc
import json
import os
import runpy
import sys

import filelock  # noqa: F401
import hydra._internal.hydra
import hydra.core.default_element  # noqa: F401
import keras  # noqa: F401
import matplotlib.backends.backend_agg
import matplotlib.figure
import matplotlib.patheffects  # noqa: F401
import PIL.Image
import PIL.PngImagePlugin  # noqa: F401
import polars  # noqa: F401
import sklearn.cluster
import sklearn.datasets  # noqa: F401


def main():
    gc.collect()
    gc.freeze()  # a fork that ends would look at all of it, and copy it thereby: a second each time
    for line in sys.stdin:
        command = json.loads(line)
        if "wait" in command:
            print(os.waitstatus_to_exitcode(os.waitpid(command["wait"], 0)[1]), flush=True)
            continue
        child = os.fork()
        if child == 0:
            run(**command)
            return
        print(child, flush=True)


def run(script, arguments, cwd, environment, stdout, stderr):
    """Be a process that was started so; it ends as any other does, when this returns or raises."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    for descriptor, path in enumerate((os.devnull, stdout, stderr)):
        os.dup2(os.open(path, os.O_RDWR), descriptor)
    sys.argv, sys.path[0] = [script, *arguments], os.path.dirname(script)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
