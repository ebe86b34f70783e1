"""Programs that XLA compiled, kept for later commands in the user's cache: the key `compile_cache`.

TensorFlow reads every file in the folder that it is given, and a damaged program there ends the run. So each
process has a folder of its own. It begins with links to all kept programs whose bytes match the digest in their
names. When the process ends, the programs that it has compiled are kept under such names.
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
# Only programs of the CPU: those of a GPU depend on its driver.
OTHERS = "--tf_xla_persistent_cache_device_types=CPU"
# What compiled programs depend on besides the processor.
VARIABLES = ("XLA_FLAGS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-aarch64", "tf-nightly")
# The most bytes of all kept programs, and the bytes that must be free for new ones: a default run compiles 2 MB.
MOST_BYTES, FREE_BYTES = 1 << 26, 1 << 24
# A folder that a process of another machine has left is removed after this many seconds.
DEAD_AFTER = 7 * 24 * 3600.0


def keep_compiled() -> None:
    """Keep the programs that XLA compiles in this process, and use kept ones.

    Call it before the first program is compiled. If nothing can be kept, one line says why. Does nothing if
    `TF_XLA_FLAGS` names a cache already, or if TensorFlow was loaded without the variables of `quiet`: it would
    print warnings.
    """
    flags = os.environ.get(FLAGS, "")
    if FLAG in flags or ("tensorflow" in sys.modules and quiet()):
        return
    try:
        own = OwnFolder(checked_folder())
    except OSError as error:
        log.info("compiled programs are not kept: %s (compile_cache=false switches this off)", error)
        return
    atexit.register(own.close, os.getpid())
    os.environ[FLAGS] = f"{flags} {FLAG}={own.path} {OTHERS}".strip()
    os.environ.update(quiet())


def quiet() -> dict[str, str]:
    """The environment variables that must be set before TensorFlow is loaded, and are not yet.

    TensorFlow warns about every kept program that it uses, because of LLVM features that no processor has. They
    suppress its log of errors as well: real errors are also raised.
    """
    return {LEVEL: NOTHING} if os.environ.get(LEVEL, ERRORS) == ERRORS else {}


def checked_folder() -> Path:
    """The folder of the programs for this machine and TensorFlow, which nobody else may write to.

    Raises:
        OSError: If there is none; its text says why.
    """
    place, release = user_cache(), tensorflow_version()
    if place is None:
        raise OSError("there is no home folder; set XDG_CACHE_HOME to a folder")
    if release is None:
        raise OSError("TensorFlow's version is not known")
    folder = place / "xla" / machine_key(release)
    try:
        place.mkdir(parents=True, exist_ok=True)
        # A group may write to the first folder: many users have a group of their own. Nobody else may write to the
        # folders that hold programs.
        for one, others in ((place, stat.S_IWOTH), (folder.parent, 0o022), (folder, 0o022)):
            one.mkdir(exist_ok=True, mode=0o700)
            found = one.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & others:
                raise OSError(f"{one} is not a folder that only this user can write to")
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
    """A name for everything that a compiled program depends on: TensorFlow, the processor, and its threads."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    known = [release, platform.machine(), *processor(), str(threads)]
    known += [f"{name}={os.environ.get(name, '')}" for name in (*VARIABLES, FLAGS)]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:20]


def processor() -> list[str]:
    """The model and the features of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # no Linux
        return [platform.platform(), platform.processor()]
    names = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags", "Features", "CPU part")
    return sorted({line for line in lines if line.partition(":")[0].strip() in names})


class OwnFolder:
    """The folder of this process, within that of the kept programs.

    Args:
        kept: The folder of the kept programs.

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
        """Keep new programs and remove the folder; only in the process `pid` that made it, not in forked ones."""
        if os.getpid() != pid:
            return
        with contextlib.suppress(OSError):
            known = self.begun | {path.stem for path in self.kept.iterdir()}  # others have kept theirs
            for program in self.path.iterdir():
                if program.name not in known and program.suffix == ".pb":
                    os.replace(program, self.kept / f"{program.name}.{digest_of(program)}")
        shutil.rmtree(self.path, ignore_errors=True)


def digest_of(path: Path) -> str:
    """A digest of a file's bytes; an empty text if the file cannot be read."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def newest(kept: Path, most: int) -> list[Path]:
    """The newest programs, of together at most `most` bytes; the others are removed."""
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
    """The `InputError` for TensorFlow's error that it can no longer write a program; None for any other error."""
    if f"{os.sep}kvae{os.sep}xla{os.sep}" not in str(error) or FLAG not in os.environ.get(FLAGS, ""):
        return None
    reason = " ".join(str(error).split()).partition(" [Op:")[0]
    return InputError(f"XLA's programs cannot be kept ({reason}). Make room there, or type compile_cache=false")
