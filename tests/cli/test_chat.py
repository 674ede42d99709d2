"""`aigw chat`: the answer on standard output, what is known of the call on standard error."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.kit import AIGW, ECHO, Run

from aigw.testing import CutAt, ManifestServer, OpenAIServer, Refusal, StallAt, Status, Text


def test_the_answer_goes_to_stdout_and_the_summary_to_stderr(
    run: Run, openai: OpenAIServer, openai_manifest: str
) -> None:
    openai.always(Text("It is on fire."))
    ran = run("chat", "--manifest", openai_manifest, "What about the printer?")

    assert (0, "It is on fire.\n") == (ran.code, ran.out)
    assert ran.err.startswith("openai/gpt-4o, 1 attempt, 12 + 4 tokens, ")
    assert openai.requests[0].json["stream"] is True


def test_an_answer_that_ends_its_own_line_gets_no_second_line_end(
    run: Run, openai: OpenAIServer, openai_manifest: str
) -> None:
    openai.always(Text("It is on fire.\n"))

    assert "It is on fire.\n" == run("chat", "--manifest", openai_manifest, "?").out
    assert "It is on fire.\n" == run("chat", "--no-stream", "--manifest", openai_manifest, "?").out


def test_the_answer_is_shown_as_it_arrives(openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(StallAt(Text("first second"), token=1))
    command = [*AIGW, "chat", "--manifest", openai_manifest, "?"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        seen = running.stdout.read(len("first"))
        running.kill()

    assert b"first" == seen


def test_no_stream_asks_for_a_whole_answer(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(Text("It is on fire."))
    ran = run("chat", "--no-stream", "--manifest", openai_manifest, "?")

    assert (0, "It is on fire.\n") == (ran.code, ran.out)
    assert "stream" not in openai.requests[0].json


def test_json_gives_the_completion_and_its_record(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(Text("It is on fire."))
    ran = run("chat", "--json", "--manifest", openai_manifest, "?")

    assert (0, "") == (ran.code, ran.err)
    assert "It is on fire." == ran.json["completion"]["choices"][0]["message"]["content"]
    assert "openai/gpt-4o" == ran.json["record"]["target"]
    assert "ok" == ran.json["record"]["outcome"]


def test_system_comes_before_the_text(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    run("chat", "--manifest", openai_manifest, "--system", "Be brief.", "What about the printer?")

    expected = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What about the printer?"}]
    assert expected == openai.requests[0].json["messages"]


def test_a_dash_reads_the_text_from_standard_input(
    run: Run, openai: OpenAIServer, openai_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("two\nlines\n"))
    run("chat", "--manifest", openai_manifest, "-")

    assert [{"role": "user", "content": "two\nlines\n"}] == openai.requests[0].json["messages"]


def test_standard_input_that_is_no_text_is_refused(
    run: Run, openai_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), "utf-8"))
    ran = run("chat", "--manifest", openai_manifest, "-")

    assert (1, "aigw: error: Standard input is not utf-8; convert it first.\n") == (ran.code, ran.err)


def test_a_refusal_is_shown_as_the_answer(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(Refusal("I cannot help with that."))

    assert "I cannot help with that.\n" == run("chat", "--manifest", openai_manifest, "?").out
    assert "I cannot help with that.\n" == run("chat", "--no-stream", "--manifest", openai_manifest, "?").out


def test_an_answer_cut_by_its_length_says_so(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(Text("It is", finish_reason="length"))

    assert run("chat", "--manifest", openai_manifest, "?").err.endswith("finished by length\n")


def test_a_broken_stream_keeps_what_came_and_fails(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(CutAt(Text("It is on fire."), token=2, clean=False))
    ran = run("chat", "--manifest", openai_manifest, "?")

    assert (1, "It is \n") == (ran.code, ran.out)
    assert ran.err.startswith("aigw: error: ")


def test_a_refused_call_fails_with_the_providers_words(run: Run, openai: OpenAIServer, openai_manifest: str) -> None:
    openai.always(Status(400, message="No printers, please."))
    ran = run("chat", "--manifest", openai_manifest, "?")

    assert (1, "") == (ran.code, ran.out)
    assert "No printers, please." in ran.err
    assert 1 == ran.err.count("\n")


def test_the_only_route_is_taken_where_no_model_is_named(run: Run, echo_manifest: str) -> None:
    ran = run("chat", "--json", "--manifest", echo_manifest, "hello")

    assert "ticket-summary" == ran.json["record"]["model"]


def test_several_routes_are_listed_where_no_model_is_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "schema: aigw/v1\nserial: 1\nproviders: {offline: {kind: echo}}\nmodels: {one: offline/a, two: offline/b}\n"
    )
    ran = run("chat", "--manifest", str(path), "hello")

    assert (1, "aigw: error: Say which model: --model one, two.\n") == (ran.code, ran.err)


def test_without_a_manifest_models_are_addressed_at_their_provider(run: Run) -> None:
    assert 0 == run("chat", "--model", "echo/anything", "hello").code
    assert "--model provider/model" in run("chat", "hello").err


def test_the_manifest_is_taken_from_the_environment(
    run: Run, echo_manifest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGW_MANIFEST", echo_manifest)

    assert 7 == run("chat", "--json", "hello").json["record"]["serial"]


def test_an_error_is_told_once(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    done = subprocess.run([*AIGW, "chat", "--manifest", missing, "hello"], capture_output=True, text=True, check=False)

    assert (1, 1) == (done.returncode, done.stderr.count("\n"))
    assert done.stderr.startswith("aigw: error: ")


def test_a_manifest_served_from_its_last_good_copy_is_told(run: Run) -> None:
    with ManifestServer(ECHO) as server:
        url = server.url
        assert "" == run("chat", "--json", "--manifest", url, "hello").err
    ran = run("chat", "--manifest", url, "hello")

    assert 0 == ran.code
    assert "aigw: warning: " in ran.err
