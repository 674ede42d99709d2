"""What a body for a host of OpenAI's dialect means, without what is only spelling."""

from typing import Any


def meaning(body: Any) -> Any:
    """Give *body* without nulls at its top and in its messages: they say what a field left out says."""
    if not isinstance(body, dict):
        return body
    messages = [_said(message) for message in body.get("messages", ())]
    return {**_said(body), "messages": messages}


def _said(whole: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if value is not None}
