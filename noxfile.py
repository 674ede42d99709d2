"""Every check of the project: `nox` runs what must pass, `nox -l` lists the rest.

Only PyPI is needed. Tests run on the built wheel, never on the checkout, with each supported Python of this machine.
"""

import os
import re
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
PYENV_VERSIONS = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "types", "tests", "differential", "smoke", "docs", "examples"]


def _find_pyenv_pythons() -> None:
    """Put pyenv's interpreters before its shims on the PATH: a shim of a version that is not selected only fails."""
    found = [
        str(path / "bin")
        for version in PYTHONS
        for path in sorted(PYENV_VERSIONS.glob(f"{version}.*"))
        if (path / "bin" / f"python{version}").exists()
    ]
    os.environ["PATH"] = os.pathsep.join([*found, os.environ.get("PATH", "")])


_find_pyenv_pythons()


def _newest(versions: list[str]) -> str:
    """Give the last of *versions* that this machine has, and the first where it has none."""
    return next((version for version in reversed(versions) if shutil.which(f"python{version}")), versions[0])


def _group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PYPROJECT, name))


def _wheel(session: nox.Session) -> str:
    """Build the wheel and give its path."""
    folder = Path(session.create_tmp()) / "wheel"
    for old in folder.glob("*.whl"):
        old.unlink()
    session.install("hatchling>=1.27")
    session.run("python", "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), silent=True)
    (built,) = folder.glob("*.whl")
    return str(built.resolve())


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, and the house rules on layers, purity and size."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "-m", "pytest", "-q", "--noconftest", "tests/test_layers.py")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, both strict, on the source and on the typed examples of the public API."""
    project = PYPROJECT["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    session.install(*_group("types"), *project["dependencies"], *extras)
    checked = [path for path in ("src/aigw", "tests/typing") if any((ROOT / path).rglob("*.py"))]
    session.run("mypy", *checked, env={"MYPYPATH": "src"})
    session.run("pyright", "--warnings", *checked)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite in parallel on the built wheel with its extras; what follows `--` goes to pytest."""
    session.install(_wheel(session), *_group("tests"))
    session.env["PYTHONPATH"] = ""
    session.run("python", "-c", "import aigw; assert 'site-packages' in aigw.__file__, aigw.__file__")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "not services", *session.posargs)


@nox.session(python=_newest(PYTHONS))
def differential(session: nox.Session) -> None:
    """Compare what we send with what the vendors' own clients and litellm send, on the newest Python there is."""
    session.install(_wheel(session), *_group("differential"))
    session.env["PYTHONPATH"] = ""
    session.run("python", "-m", "pytest", "-n", "2", "--dist", "loadfile", "tests/differential", *session.posargs)


@nox.session
def smoke(session: nox.Session) -> None:
    """Use every public call of the bare wheel, and its demo, in an environment that holds nothing else."""
    wheel = _wheel(session)
    bare = Path(session.create_tmp()).resolve() / "bare"
    session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(bare), external=True)
    session.run(str(bare / "bin/python"), "-m", "pip", "install", "--quiet", wheel, external=True)
    session.run(str(bare / "bin/python"), "-I", "-W", "error", "tests/offline.py", "tests/smoke.py", external=True)
    session.run(str(bare / "bin/aigw"), "demo", external=True)


@nox.session
def services(session: nox.Session) -> None:
    """Run the tests that need a real server or a browser beside Python."""
    marked = [path for path in (ROOT / "tests").rglob("*.py") if "pytest.mark.services" in path.read_text("utf-8")]
    if not marked:
        session.log("No test is marked `services`: no part of aigw uses Redis, Postgres or a browser yet. Nothing ran.")
        return
    session.install(_wheel(session), *_group("services"))
    session.env["PYTHONPATH"] = ""
    session.run("python", "-m", "pytest", "-m", "services", *map(str, marked), *session.posargs)


@nox.session(python=_newest(PYTHONS))
def fuzz(session: nox.Session) -> None:
    """Spoil manifests, envelopes and deliveries, and reload 10,000: ten minutes and some, or `-- --seconds 30`."""
    seconds = session.posargs[session.posargs.index("--seconds") + 1] if "--seconds" in session.posargs else "600"
    session.install(_wheel(session), *_group("tests"))
    session.env["PYTHONPATH"] = ""
    session.run("python", "-m", "pytest", "tests/fuzz", env={"AIGW_FUZZ_SECONDS": seconds})
    if "--seconds" not in session.posargs:
        session.run("python", "-m", "pytest", "tests/manifest/delivery/test_soak.py", env={"AIGW_RELOADS": "10000"})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning or a broken reference fails it."""
    session.install(_wheel(session), *_group("docs"))
    session.run("python", "-m", "sphinx", "-n", "-W", "--keep-going", "-E", "-b", "html", "docs", "docs/_build/html")


@nox.session
def examples(session: nox.Session) -> None:
    """Run examples, and the Python blocks of README and the guides, offline against the `echo` kind."""
    session.install(_wheel(session), *_group("tests"))
    guides = [ROOT / "README.md", *sorted(ROOT.glob("docs/tutorial/*.md")), *sorted(ROOT.glob("docs/how-to/*.md"))]
    runnable = [guide for guide in guides if re.search("^```python$", guide.read_text("utf-8"), re.MULTILINE)]
    for path in [*sorted(ROOT.glob("examples/*.py")), *runnable]:
        session.run("python", "-W", "error", "tests/offline.py", str(path.relative_to(ROOT)))
    session.install("--no-deps", str(ROOT / "examples" / "acme_aigw"))
    session.run("python", "-m", "pytest", "-q", "-c", os.devnull, "examples/acme_aigw/test_acme.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure aigw beside its rivals, all in one run; what follows `--` goes to the benchmark."""
    session.install(_wheel(session), *_group("bench"))
    session.run("python", "benchmarks/run.py", *session.posargs)
