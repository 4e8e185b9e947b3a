"""What `make` calls: sets up `.venv` when something changed, then runs the command. Standard library only.

python tools/dev.py run|test|check|bench|zones|chaos|mutants|setup [arguments of the tool behind it]
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import pip_bootstrap

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("JITAI_TASKS_VENV", ROOT / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "jitai-tasks-installed.json"
#: Chaos that only counts: unlike the rest of it, it may share the machine with others of its kind.
COUNTING = ("tests/chaos/test_crash_points.py", "tests/chaos/test_machine.py", "tests/models/test_q.py")
#: What pytest answers when `-k` or `-m` left nothing of a step.
NOTHING_SELECTED = 5
FLOOR = (3, 11)
NEWEST = 14

#: command → (extras it needs, what it is for)
COMMANDS = {
    "run": ("cli", "start example_app on an embedded SQLite file and watch its tasks"),
    "test": ("test", "run the tests, three at a time"),
    "check": ("test", "lint, format, types, schemas and the links of the docs"),
    "bench": ("test", "print the table of docs/performance.md, measured here and now"),
    "zones": ("test", "check every time zone against a brute-force scan (minutes)"),
    "chaos": ("test", "kill workers, runners and databases, then count (a night)"),
    "mutants": ("test", "break the product on purpose; each fault must be caught by a test"),
    "setup": ("test", "only set up .venv"),
}


def main(arguments: list[str]) -> int:
    """Set up, then run one command; answers its exit code."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name not in COMMANDS:
        print(usage())
        return 0 if name == "help" else 2
    ensure_python(arguments)
    extras = set(COMMANDS[name][0].split(","))
    if outdated(extras):
        set_up(extras)
    return run_all(steps(name, rest))


def usage() -> str:
    """One line per command."""
    return "\n".join(f"  make {name:<8} {text}" for name, (_, text) in COMMANDS.items())


def steps(name: str, rest: list[str]) -> list[list[str]]:
    """The command lines behind a command."""
    python = str(PYTHON)
    pytest = [python, "-m", "pytest"]
    parallel = [*pytest, "-n", os.environ.get("JITAI_TEST_PROCESSES", "3"), "--dist", "worksteal"]
    table = {
        "run": [[str(BIN / "jitai-tasks"), "run", *(rest or ["example_app"])]],
        "test": [[*parallel, "-m", "not long and not chaos", *rest]],
        "check": [
            [python, "-m", "ruff", "check", "."],
            [python, "-m", "ruff", "format", "--check", "."],
            [python, "-m", "mypy"],
            [python, "tools/check_docs.py"],
        ],
        "bench": [[python, "-m", "benchmarks", *rest]],
        "zones": [[*parallel, "tests/zones", "--timeout", "3600", *rest]],
        "chaos": [
            [*parallel, *COUNTING, "--timeout", "3600", *rest],
            [*pytest, "tests/chaos", *(f"--ignore={file}" for file in COUNTING), "--timeout", "3600", *rest],
        ],
        "mutants": [[python, "tools/mutants.py", *rest]],
        "setup": [],
    }
    return table[name]


def run_all(commands: list[list[str]]) -> int:
    """Run each command; a lone one takes over this process, so that signals and the terminal are its own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    if len(commands) == 1 and os.name != "nt":
        os.execv(commands[0][0], commands[0])
    codes = [subprocess.call(command) for command in commands]
    chosen = [(command, code) for command, code in zip(commands, codes, strict=True) if code != NOTHING_SELECTED]
    failed = [command for command, code in chosen if code != 0]
    for command in failed:
        print("failed:", " ".join(command[2:] if command[1] == "-m" else command[1:]), file=sys.stderr)
    return 1 if failed or (commands and not chosen) else 0


def ensure_python(arguments: list[str]) -> None:
    """Go on in a newer Python when this one is too old and a newer one is installed."""
    if sys.version_info >= FLOOR:
        return
    for minor in range(NEWEST, FLOOR[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.call([newer, "-c", ""]) == 0:
            os.execv(newer, [newer, __file__, *arguments])
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"jitai-tasks needs Python 3.11 or newer; this is {found}. Install one, or name it: make PYTHON=…")


def outdated(extras: set[str]) -> bool:
    """True when .venv is missing, or was set up for another pyproject.toml, another place, or fewer extras."""
    if not PYTHON.exists() or not STAMP.exists():
        return True
    stamp = json.loads(STAMP.read_text())
    return bool(stamp["for"] != fingerprint() or not extras <= set(stamp["extras"]))


def fingerprint() -> str:
    """Changes when the installation would: the build files and where the checkout is."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("pyproject.toml", "hatch_build.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def set_up(extras: set[str]) -> None:
    """Make .venv if there is none, and install the project with `extras` and those it already had."""
    extras = extras | (set(json.loads(STAMP.read_text())["extras"]) if STAMP.exists() else set())
    note(f"setting up {VENV} (once; again only when pyproject.toml changes)")
    uv = shutil.which("uv")
    if not PYTHON.exists():
        make_venv(uv)
    STAMP.unlink(missing_ok=True)
    project = ["--editable", f"{ROOT}[{','.join(sorted(extras))}]"]
    # uv does not read pip's settings: where only pip knows the package index, pip goes on.
    if not uv or subprocess.call([uv, "pip", "install", "--quiet", "--python", str(PYTHON), *project]) != 0:
        must([*pip_install(), "-qq", *project])
    STAMP.write_text(json.dumps({"for": fingerprint(), "extras": sorted(extras)}))


def make_venv(uv: str | None) -> None:
    """An environment on this very Python: by uv, by venv, by virtualenv, or by venv without its pip."""
    if VENV.exists():
        shutil.rmtree(VENV)
    if uv:
        must([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
    elif answers("ensurepip"):
        must([sys.executable, "-m", "venv", str(VENV)])
    elif answers("virtualenv"):
        must([sys.executable, "-m", "virtualenv", "--quiet", str(VENV)])
    else:  # Debian and its relatives keep ensurepip in a package of its own
        must([sys.executable, "-m", "venv", "--without-pip", str(VENV)])


def pip_install() -> list[str]:
    """The start of a `pip install` into .venv; finds a pip first if .venv has none."""
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.call([*pip, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        pip_bootstrap.install_pip(PYTHON)
    return [*pip, "install", "--disable-pip-version-check"]


def answers(module: str) -> bool:
    """True when `python -m module` works, tried for real."""
    command = [sys.executable, "-m", module, "--version"]
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def must(command: list[str]) -> None:
    """Run a step of the set-up; end with its exit code if it fails."""
    code = subprocess.call(command, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})
    if code != 0:
        sys.exit(f"set-up failed ({code}): {' '.join(command)}")


def note(text: str) -> None:
    """Tell on stderr what takes time."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
