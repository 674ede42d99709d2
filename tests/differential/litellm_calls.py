"""What `litellm` puts on the wire for the corpus, told as JSON on standard output. A program, run by a test beside it.

It has a process of its own: litellm leaves sockets and an event loop behind, and reads what the environment says when
it is imported. Cases with linked pictures are left out, as it would fetch those.
"""

import json
import logging
import os
import sys
import warnings
from copy import deepcopy
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from tests.differential.corpus import CASES, Case
from tests.differential.wire import KEY, Sent, Wire

ASKED: Final = {
    "gemini": ("gemini", "gemini-2.5-flash", "/v1beta"),
    "cohere": ("cohere_chat", "command-a-03-2025", "/v2/chat"),
    "anthropic": ("anthropic", "claude-haiku-4-5", ""),
    "mistral": ("mistral", "mistral-medium-latest", "/v1"),
    "groq": ("groq", "openai/gpt-oss-120b", "/openai/v1"),
    "deepseek": ("deepseek", "deepseek-v4-flash", ""),
    "openrouter": ("openrouter", "openai/gpt-4o", "/api/v1"),
    "together": ("together_ai", "openai/gpt-oss-120b", "/v1"),
    "bedrock": ("bedrock/converse", "anthropic.claude-haiku-4-5-20251001-v1:0", ""),
}
"""By kind: litellm's name of the provider, the model, and the path of the base URL."""

NO_MORE: Final[dict[str, Any]] = {"drop_params": True, "max_retries": 0, "num_retries": 0}
"""What the provider has no word for is left out, and nothing is tried twice."""

COMPARED: Final = tuple(case for case in CASES if "https://" not in json.dumps(case.messages))


def main() -> None:
    """Make the calls for the kinds that the arguments name, and tell for each what was sent for each case."""
    warnings.simplefilter("ignore")
    logging.disable()
    with Wire() as wire:
        told = {kind: [asdict(_sent(wire, kind, case)) for case in COMPARED] for kind in sys.argv[1:]}
    json.dump(told, sys.stdout)


def _sent(wire: Wire, kind: str, case: Case) -> Sent:
    provider, model, path = ASKED[kind]
    said = {"model": f"{provider}/{model}", "api_base": wire.origin + path, "api_key": KEY, **NO_MORE}
    return wire.theirs(partial(_ask, {**said, **deepcopy(case.arguments)}), Exception)


def _ask(said: dict[str, Any]) -> None:
    """Make a call, and read a stream to its end. litellm asks nobody for prices, and reports to nobody."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    answer = litellm.completion(**said)
    if said.get("stream"):
        list(answer)


if __name__ == "__main__":
    main()
