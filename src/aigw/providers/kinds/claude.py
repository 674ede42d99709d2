"""The kinds that have Claude in Anthropic's own dialect: at home, and as clouds host it.

Sources: https://docs.claude.com/en/api/overview and its pages on Amazon Bedrock, Vertex AI and Microsoft Foundry, as of
November 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aigw.providers.kinds import meters
from aigw.types.kind import Kind

MESSAGES: Final = "anthropic-messages"
COUNTS: Final = "anthropic-count-tokens"

BEDROCK: Final = "https://bedrock-runtime.{region}.amazonaws.com"
BEDROCK_REGIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cn-north-1": "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
        "cn-northwest-1": "https://bedrock-runtime.cn-northwest-1.amazonaws.com.cn",
        "eusc-de-east-1": "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu",
    }
)
VERTEX: Final = "https://{region}-aiplatform.googleapis.com/v1/projects/{project}/locations/{region}"
VERTEX_HOSTS: Final = frozenset({"aiplatform.googleapis.com"})
VERTEX_REGIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "global": "https://aiplatform.googleapis.com/v1/projects/{project}/locations/global",
        "us": "https://aiplatform.us.rep.googleapis.com/v1/projects/{project}/locations/us",
        "eu": "https://aiplatform.eu.rep.googleapis.com/v1/projects/{project}/locations/eu",
    }
)

_OF_AWS: Final = {"region": ("AWS_REGION", "AWS_DEFAULT_REGION")}
_OWN: Final = frozenset({"anthropic-*", "x-stainless-*"})
_FLAGS: Final = frozenset({"betas", "anthropic_beta"})

CLAUDE: Final = (
    Kind(
        name="anthropic",
        dialect=MESSAGES,
        title="Anthropic",
        also=(COUNTS,),
        base_url="https://api.anthropic.com",
        key_env=("ANTHROPIC_API_KEY",),
        auth="x-api-key",
        headers=_OWN,
        flags=_FLAGS,
        rate_limits=meters.ANTHROPIC,
    ),
    Kind(
        name="bedrock-anthropic",
        dialect="bedrock-anthropic",
        also=("bedrock-anthropic-count-tokens",),
        title="AWS Bedrock, in Anthropic's dialect",
        base_url=BEDROCK,
        key_env=("AWS_BEARER_TOKEN_BEDROCK",),
        settings=_OF_AWS,
        regional=BEDROCK_REGIONS,
        ambient="aws:default",
        headers=frozenset({"x-amzn-*"}),
        flags=_FLAGS,
    ),
    Kind(
        name="bedrock-mantle",
        dialect=MESSAGES,
        also=(COUNTS,),
        title="AWS Bedrock, in Anthropic's dialect at the newer endpoint",
        base_url="https://bedrock-mantle.{region}.api.aws/anthropic",
        root_path="/anthropic",
        key_env=("AWS_BEARER_TOKEN_BEDROCK",),
        settings=_OF_AWS,
        ambient="aws:default",
        service="bedrock-mantle",
        headers=_OWN | {"x-amzn-*"},
        flags=_FLAGS,
    ),
    Kind(
        name="vertex-anthropic",
        dialect="vertex-anthropic",
        also=("vertex-anthropic-count-tokens",),
        title="Google Vertex AI, in Anthropic's dialect",
        base_url=VERTEX,
        hosts=VERTEX_HOSTS,
        settings={
            "region": ("CLOUD_ML_REGION", "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"),
            "project": ("ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT"),
        },
        regional=VERTEX_REGIONS,
        ambient="google:default",
        headers=frozenset({"anthropic-*", "x-goog-*"}),
        flags=_FLAGS,
    ),
    Kind(
        name="azure-anthropic",
        dialect=MESSAGES,
        also=(COUNTS,),
        title="Microsoft Foundry on Azure, in Anthropic's dialect",
        base_url="https://{account}.services.ai.azure.com/anthropic",
        root_path="/anthropic",
        key_env=("ANTHROPIC_FOUNDRY_API_KEY",),
        base_env=("ANTHROPIC_FOUNDRY_BASE_URL",),
        auth="x-api-key",
        hosts=frozenset({".services.ai.azure.com"}),
        settings={"account": ("ANTHROPIC_FOUNDRY_RESOURCE",)},
        service="https://ai.azure.com",
        headers=_OWN | {"x-ms-*"},
        flags=_FLAGS,
    ),
)
"""In the order in which they are listed."""
