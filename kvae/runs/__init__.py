"""The run folder: its file names, its writes, and the search for learnt runs. No other package names its files."""

from kvae.runs.contents import content_of
from kvae.runs.learnt import (
    differences,
    find_learnt_run,
    flat,
    jobs_under,
    learnt_runs,
    runs_under,
    same_path,
    select,
    sweep_page,
)
from kvae.runs.module_folder import MANY_NUMBERS, ModuleFolder, previous, time_spent
from kvae.runs.networks import has_states, held_out_in, input_of, network_of
from kvae.runs.origin import git_commit, versions
from kvae.runs.run_folder import CONFIG, RunFolder

__all__ = [
    "CONFIG",
    "MANY_NUMBERS",
    "ModuleFolder",
    "RunFolder",
    "content_of",
    "differences",
    "find_learnt_run",
    "flat",
    "git_commit",
    "has_states",
    "held_out_in",
    "input_of",
    "jobs_under",
    "learnt_runs",
    "network_of",
    "previous",
    "runs_under",
    "same_path",
    "select",
    "sweep_page",
    "time_spent",
    "versions",
]
