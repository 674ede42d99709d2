"""The wheel holds the package and nothing else, needs little, and says the truth about itself."""

import re
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest

wheel_builder = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling, which nox installs")

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = {"certifi", "httptools", "jsonschema", "pybreaker", "pydantic", "pyyaml", "tenacity", "typing-extensions"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = wheel_builder.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def about(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_wheel_holds_the_package_and_its_metadata_only(wheel: zipfile.ZipFile) -> None:
    info = f"aigw-{PROJECT['version']}.dist-info/"

    assert [] == [name for name in wheel.namelist() if not name.startswith(("aigw/", info))]
    assert set() == {Path(name).suffix for name in wheel.namelist() if name.startswith("aigw/")} - {".py", ".typed"}
    assert {"aigw/py.typed", f"{info}licenses/LICENSE"} <= set(wheel.namelist())


def test_wheel_runs_nothing_at_interpreter_start(wheel: zipfile.ZipFile) -> None:
    assert [] == [name for name in wheel.namelist() if name.endswith((".pth", "sitecustomize.py", "usercustomize.py"))]


def test_wheel_holds_every_module_of_the_source(wheel: zipfile.ZipFile) -> None:
    source = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "aigw").rglob("*.py")}

    assert source == {name for name in wheel.namelist() if name.endswith(".py")}


def test_core_needs_few_packages_and_no_vendor_sdk(about: Message) -> None:
    needed = [line for line in about.get_all("Requires-Dist", []) if "extra ==" not in line]

    assert CORE == {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in needed}


def test_version_of_the_wheel_is_in_the_changelog(about: Message) -> None:
    assert PROJECT["version"] == about["Version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8").replace("[", "").replace("]", "")


def test_classifiers_agree_with_the_required_python(about: Message) -> None:
    minors = re.findall(r"Python :: 3\.(\d+)", "\n".join(about.get_all("Classifier", [])))

    assert about["Requires-Python"] == f">=3.{min(map(int, minors))}"


def test_installed_version_is_the_one_of_the_checkout() -> None:
    try:
        installed = metadata.version("aigw")
    except metadata.PackageNotFoundError:
        pytest.skip("aigw is not installed here; `nox -s tests` installs the wheel")

    import aigw

    assert PROJECT["version"] == installed
    assert PROJECT["version"] == aigw.__version__
