"""What XLA compiled, kept for later commands in the user's cache: the key `compile_cache`.

TensorFlow reads whatever lies in the folder that it is given, and ends a run that finds a damaged program there.
So each process has a folder of its own. It begins with links to the programs that are whole, whose names end in a
digest of their bytes, and what the process has compiled is kept under such a name when it ends.
"""

import atexit
import contextlib
import hashlib
import logging
import os
import platform
import shutil
import socket
import stat
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kvae.errors import InputError
from kvae.process.user_cache import user_cache

log = logging.getLogger(__name__)

FLAGS = "TF_XLA_FLAGS"
LEVEL, ERRORS, NOTHING = "TF_CPP_MIN_LOG_LEVEL", "2", "3"
FLAG = "--tf_xla_persistent_cache_directory"
# Of the CPU alone: programs of a GPU depend on its driver.
OTHERS = "--tf_xla_persistent_cache_device_types=CPU"
# What compiled programs depend on besides the processor.
VARIABLES = ("XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-aarch64", "tf-nightly")
# All programs that are kept, and what must be free for new ones: a default run has two megabytes of them.
MOST_BYTES, FREE_BYTES = 1 << 26, 1 << 24
# Processes of other machines that have left their folder are taken for dead after so many seconds.
DEAD_AFTER = 7 * 24 * 3600.0


def keep_compiled() -> None:
    """Let XLA's programs of this process be kept, and take up those of earlier ones, before the first is compiled.

    Where nothing can be kept one line says why. A cache that `TF_XLA_FLAGS` names already is left to TensorFlow. A
    TensorFlow that was loaded without `quiet` is left alone: it would warn.
    """
    flags = os.environ.get(FLAGS, "")
    if FLAG in flags or ("tensorflow" in sys.modules and quiet()):
        return
    try:
        own = OwnFolder(checked_folder())
    except OSError as error:
        log.info("compiled programs are not kept: %s (compile_cache=false: not tried)", error)
        return
    atexit.register(own.close, os.getpid())
    os.environ[FLAGS] = f"{flags} {FLAG}={own.path} {OTHERS}".strip()
    os.environ.update(quiet())


def quiet() -> dict[str, str]:
    """What must stand in the environment before TensorFlow is loaded, if it does not yet.

    TensorFlow warns of every program that it takes up, for features of LLVM that no processor has. Its true errors
    are raised as well.
    """
    return {LEVEL: NOTHING} if os.environ.get(LEVEL, ERRORS) == ERRORS else {}


def checked_folder() -> Path:
    """The folder of the programs for this machine and TensorFlow, which nobody else may write to.

    Raises:
        OSError: Why there is none.
    """
    place, release = user_cache(), tensorflow_version()
    if place is None:
        raise OSError("there is no home folder; XDG_CACHE_HOME may name another")
    if release is None:
        raise OSError("TensorFlow's version is not known")
    folder = place / "xla" / machine_key(release)
    try:
        place.mkdir(parents=True, exist_ok=True)
        # A group may write to the first: many users are a group by themselves. Nobody else to what holds programs.
        for one, others in ((place, stat.S_IWOTH), (folder.parent, 0o022), (folder, 0o022)):
            one.mkdir(exist_ok=True, mode=0o700)
            found = one.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & others:
                raise OSError(f"{one} is not this user's alone")
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):  # not on macOS
                os.posix_fallocate(file.fileno(), 0, FREE_BYTES)
    except OSError as error:
        raise OSError(f"{folder}: {error.strerror}" if error.strerror else str(error)) from error
    return folder


def tensorflow_version() -> str | None:
    """The version of what is installed as TensorFlow, without loading it."""
    for name in TENSORFLOWS:
        with contextlib.suppress(PackageNotFoundError):
            return f"{name} {version(name)}"
    return None


def machine_key(release: str) -> str:
    """A name for all that a compiled program depends on: TensorFlow, the processor, and its threads."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    known = [release, platform.machine(), *processor(), str(threads)]
    known += [f"{name}={os.environ.get(name, '')}" for name in (*VARIABLES, FLAGS)]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:20]


def processor() -> list[str]:
    """What the processor is, and can."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        return [platform.platform(), platform.processor()]
    names = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags", "Features", "CPU part")
    return sorted({line for line in lines if line.partition(":")[0].strip() in names})


class OwnFolder:
    """The folder of this process, beside the programs that are kept.

    Args:
        kept: Where these are.

    Attributes:
        path: The folder.
    """

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        self.path = Path(tempfile.mkdtemp(prefix=f"of-{socket.gethostname()}-{os.getpid()}-", dir=kept))
        remove_dead(kept)
        for program in newest(kept, MOST_BYTES):
            name, _, digest = program.name.rpartition(".")
            if digest_of(program) != digest:
                program.unlink(missing_ok=True)
                continue
            with contextlib.suppress(FileExistsError, FileNotFoundError):  # another process may have tidied up
                os.link(program, self.path / name)
        self.begun = {path.name for path in self.path.iterdir()}

    def close(self, pid: int) -> None:
        """Keep what is new, and remove the folder; in the process `pid` that made it, not in those it forked."""
        if os.getpid() != pid:
            return
        with contextlib.suppress(OSError):
            known = self.begun | {path.stem for path in self.kept.iterdir()}  # others have kept theirs
            for program in self.path.iterdir():
                if program.name not in known and program.suffix == ".pb":
                    os.replace(program, self.kept / f"{program.name}.{digest_of(program)}")
        shutil.rmtree(self.path, ignore_errors=True)


def digest_of(path: Path) -> str:
    """A digest of a file's bytes; of no bytes, where it is gone."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def newest(kept: Path, most: int) -> list[Path]:
    """The newest programs, of together at most so many bytes; the others are removed."""
    found = []
    for path in kept.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                found.append((path.stat().st_mtime, path.stat().st_size, path))
    total, programs = 0, []
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total <= most:
            programs.append(path)
        else:
            path.unlink(missing_ok=True)
    return programs


def remove_dead(kept: Path) -> None:
    """Remove the folders of processes that were killed."""
    host = socket.gethostname()
    for path in kept.glob("of-*"):
        with contextlib.suppress(OSError, ValueError):  # another may remove it as well; the name may be anybody's
            name, pid, _ = path.name.removeprefix("of-").rsplit("-", 2)
            old = time.time() - path.stat().st_mtime > DEAD_AFTER
            dead = not is_alive(int(pid)) if name == host else old
            if dead:
                shutil.rmtree(path, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether this machine has such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def cache_error(error: Exception) -> InputError | None:
    """What TensorFlow says when it can no longer write a program, in words; None of any other error."""
    if f"{os.sep}kvae{os.sep}xla{os.sep}" not in str(error) or FLAG not in os.environ.get(FLAGS, ""):
        return None
    reason = " ".join(str(error).split()).partition(" [Op:")[0]
    return InputError(f"XLA's programs cannot be kept ({reason}). Make room there, or type compile_cache=false")
