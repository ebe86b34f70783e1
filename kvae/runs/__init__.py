"""The run folder: its file names, its writes, and the search for learnt runs. No other package names its files."""

from kvae.runs.contents import content_of
from kvae.runs.learnt import (
    differences,
    find_learnt_run,
    flat,
    jobs_under,
    learnt_runs,
    runs_under,
    select,
    sweep_page,
)
from kvae.runs.learnt_file import as_recorded, has_content, is_path_of, learnt_path, path_beside, recorded
from kvae.runs.module_folder import MANY_NUMBERS, ModuleFolder, previous, time_spent
from kvae.runs.networks import has_states, held_out_in, input_of, network_of
from kvae.runs.origin import git_commit, versions
from kvae.runs.run_folder import RunFolder
from kvae.runs.run_forms import CONFIG

__all__ = [
    "CONFIG",
    "MANY_NUMBERS",
    "ModuleFolder",
    "RunFolder",
    "as_recorded",
    "content_of",
    "differences",
    "find_learnt_run",
    "flat",
    "git_commit",
    "has_content",
    "has_states",
    "held_out_in",
    "input_of",
    "is_path_of",
    "jobs_under",
    "learnt_path",
    "learnt_runs",
    "network_of",
    "path_beside",
    "previous",
    "recorded",
    "runs_under",
    "select",
    "sweep_page",
    "time_spent",
    "versions",
]
