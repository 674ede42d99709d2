"""What holds for every command: exit codes, one line for an error, quick help, and streams that break."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.kit import AIGW, Run

from aigw.testing import Hang, OpenAIServer

COMMANDS = [
    [],
    ["demo"],
    ["chat"],
    ["explain"],
    ["manifest"],
    ["manifest", "check"],
    ["manifest", "show"],
    ["providers"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command_shows_examples(run: Run, command: list[str]) -> None:
    ran = run(*command, "--help")

    assert 0 == ran.code
    assert "\nexamples:\n  aigw " in ran.out.replace("  git diff |", "  aigw")


@pytest.mark.parametrize(
    "arguments",
    [[], ["cha"], ["chat"], ["chat", "hello", "--colour"], ["providers", "openai", "extra"]],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_says_how_to_use_it(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)

    assert 2 == ran.code
    assert "" == ran.out
    assert ran.err.startswith("usage: aigw")


@pytest.mark.parametrize(
    "arguments",
    [[], ["dif", "a.yaml"], ["diff", "a.yaml"], ["fmt", "--chek", "a.yaml"], ["plan", "a.yaml", "--max-mved", "9"]],
    ids=" ".join,
)
def test_wrong_usage_below_manifest_is_no_change_to_a_pipeline(run: Run, arguments: list[str]) -> None:
    ran = run("manifest", *arguments)

    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith("usage: aigw")


@pytest.mark.parametrize("command", ["check", "show", "verify", "lint", "diff --against /nowhere.yaml"])
def test_machines_get_an_error_as_json_too(run: Run, command: str) -> None:
    name, *more = command.split()
    ran = run("manifest", name, "/nowhere.yaml", *more, "--json")

    assert (1, False) == (ran.code, ran.json["ok"])
    assert f"aigw: error: {ran.json['error']}\n" == ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="closes a stream as a shell of Unix does")
def test_an_output_that_was_never_open_is_no_traceback(echo_manifest: str) -> None:
    without = ["/bin/sh", "-c", '"$@" <&- >&-', "sh", *AIGW, "manifest", "check"]
    written = subprocess.run([*without, echo_manifest], capture_output=True, text=True, check=False)
    read = subprocess.run([*without, "-"], capture_output=True, text=True, check=False)

    assert (0, "") == (written.returncode, written.stderr)
    assert (1, "aigw: error: ") == (read.returncode, read.stderr[:13])


def test_version_is_one_line(run: Run) -> None:
    ran = run("--version")

    assert 0 == ran.code
    assert ran.out.startswith("aigw ")
    assert 1 == ran.out.count("\n")


def test_an_error_is_one_line_without_a_traceback(run: Run, echo_manifest: str) -> None:
    ran = run("chat", "--manifest", echo_manifest, "--model", "ticket-sumary", "hello")

    assert 1 == ran.code
    assert "" == ran.out
    assert ran.err.startswith("aigw: error: ")
    assert "'ticket-summary'" in ran.err
    assert 1 == ran.err.count("\n")


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run([*AIGW, "manifest", "check", "/nowhere.yaml"], capture_output=True, text=True, check=False)

    assert 1 == done.returncode
    assert done.stderr.startswith("aigw: error: The manifest /nowhere.yaml cannot be had: ")


@pytest.mark.parametrize(
    "command", [("--vers",), ("demo", "--asyn"), ("manifest", "lint", "--form", "json"), ("manifest", "keys", "--he")]
)
def test_options_are_written_out(run: Run, command: tuple[str, ...]) -> None:
    ran = run(*command)

    assert "" == ran.out
    assert "usage: aigw" in ran.err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import json, sys; from aigw.cli import main; code = main(['--help']); "
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    exit_code, loaded = json.loads(done.stderr)

    assert 0 == exit_code
    assert set() == {"asyncio", "httptools", "pydantic", "ssl", "yaml", "aigw.client", "aigw.testing"} & set(loaded)


@pytest.mark.skipif(sys.platform == "win32", reason="exit code by signal is a custom of POSIX shells")
def test_a_reader_that_left_ends_the_command_quietly() -> None:
    with subprocess.Popen([*AIGW, "providers"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        complaint = running.stderr.read()

    assert (141, b"") == (running.returncode, complaint)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_full_is_an_error_and_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*AIGW, "providers"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert 1 == done.returncode
    assert "aigw: error: the output cannot be written: No space left on device\n" == done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("option", ["--no-stream", "--json", ""])
def test_ctrl_c_ends_a_call_with_130_and_closes_its_connection(
    openai: OpenAIServer, openai_manifest: str, option: str
) -> None:
    openai.always(Hang())
    options = [option] if option else []
    command = [*AIGW, "chat", "--manifest", openai_manifest, *options, "hello"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as calling:
        try:
            assert openai.wait_for(lambda: len(openai.requests) == 1, 30)
            calling.send_signal(signal.SIGINT)
            out, err = calling.communicate(timeout=30)
        finally:
            calling.kill()

    assert (130, "", "") == (calling.returncode, out, err)
    assert openai.wait_for(lambda: not openai.connections.open)


def test_text_an_output_cannot_express_is_no_crash(echo_manifest: str) -> None:
    done = subprocess.run(
        [*AIGW, "chat", "--manifest", echo_manifest, "grüße 🔥"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert 0 == done.returncode
    assert b"?" in done.stdout


def test_json_is_ascii_where_the_output_is(echo_manifest: str) -> None:
    done = subprocess.run(
        [*AIGW, "chat", "--json", "--manifest", echo_manifest, "grüße 🔥"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )

    assert "grüße 🔥" in json.loads(done.stdout)["completion"]["choices"][0]["message"]["content"]
