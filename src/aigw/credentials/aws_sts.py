"""Ask AWS's Security Token Service for the keys of a role. Pure: writes requests and reads answers.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Final
from urllib.parse import urlencode

from aigw.errors import APIConnectionError, SecretError
from aigw.types.credential import AwsKeys
from aigw.types.json import JsonObject, as_text
from aigw.wire import HttpRequest, HttpResponse

GLOBAL_REGION: Final = "us-east-1"
"""Where the service without a region in its name is signed for."""

_VERSION: Final = "2011-06-15"
_OWN_FAILURE: Final = 500
_ELEMENT: Final = re.compile(
    r"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration|Code)>\s*([^<]*?)\s*</\1>", re.ASCII
)
_CODE: Final = re.compile(r"[\w.-]{1,80}")


def address(region: str | None, environ: Mapping[str, str]) -> str:
    """Give the service's URL in *region*, or the one that the environment sets."""
    named = environ.get("AWS_ENDPOINT_URL_STS") or environ.get("AWS_ENDPOINT_URL")
    if named:
        return named.rstrip("/") + "/"
    if region is None:
        return "https://sts.amazonaws.com/"
    return f"https://sts.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}/"


def asking(url: str, action: str, parameters: Mapping[str, str]) -> HttpRequest:
    """Write a request for *action*, unsigned; *parameters* without a value are left out."""
    told = {name: value for name, value in parameters.items() if value}
    headers = (
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("accept", "application/xml"),
        ("accept-encoding", "identity"),
    )
    return HttpRequest("POST", url, headers, urlencode({"Action": action, "Version": _VERSION, **told}).encode())


def role_keys(response: HttpResponse, region: str | None, reference: str) -> AwsKeys:
    """Read the keys of a role. Raises `SecretError`, or `APIConnectionError` where the service failed itself."""
    said = {name: unescape(value) for name, value in _ELEMENT.findall(response.text)}
    if response.is_success:
        keys = keys_of(
            {
                "AccessKeyId": said.get("AccessKeyId"),
                "SecretAccessKey": said.get("SecretAccessKey"),
                "Token": said.get("SessionToken"),
                "Expiration": said.get("Expiration"),
            },
            region,
        )
        if keys is not None:
            return keys
    code = said.get("Code", "")
    why = f"{response.status_code} {code}" if _CODE.fullmatch(code) else str(response.status_code)
    if response.status_code >= _OWN_FAILURE:
        message = f"AWS's token service (STS) failed while {reference} was resolved: {why}."
        raise APIConnectionError(message)
    message = (
        f"The credentials {reference} cannot be had: AWS's token service (STS) answered {why}. "
        "Check the role's ARN, its trust policy and the identity it is assumed from."
    )
    raise SecretError(message)


def keys_of(body: JsonObject, region: str | None) -> AwsKeys | None:
    """Read keys in the form in which containers and machines get them, or give None if they are not there.

    An `Expiration` nobody can read counts as none.
    """
    key_id, secret = as_text(body.get("AccessKeyId")), as_text(body.get("SecretAccessKey"))
    if not key_id or not secret:
        return None
    token = as_text(body.get("Token")) or as_text(body.get("SessionToken"))
    return AwsKeys(key_id, secret, token, region, moment(as_text(body.get("Expiration"))))


def moment(text: str | None) -> float | None:
    """Give an ISO 8601 time, also one that ends in `UTC`, in seconds since the epoch; None for what is none."""
    try:
        found = datetime.fromisoformat((text or "").removesuffix("UTC"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
