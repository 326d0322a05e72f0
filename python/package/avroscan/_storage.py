"""Settings of object stores: what Polars users write, as what the native half takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Optional, Union

from .exceptions import ConfigurationError

CredentialProvider = Union[
    Literal["auto"],
    Callable[[], "tuple[Mapping[str, Optional[str]], Optional[int]]"],
    None,
]
"""``"auto"``, ``None``, or a callable that gives credentials and when they expire."""

_PROVIDERS = {
    "s3": "CredentialProviderAWS",
    "s3a": "CredentialProviderAWS",
    "gs": "CredentialProviderGCP",
    "az": "CredentialProviderAzure",
    "azure": "CredentialProviderAzure",
    "abfs": "CredentialProviderAzure",
    "abfss": "CredentialProviderAzure",
    "adl": "CredentialProviderAzure",
}

# An option or a variable with one of these in its name says who asks.
_CREDENTIALS = (
    "access_key",
    "account_key",
    "client_id",
    "container_credentials",
    "credential",
    "profile",
    "sas_",
    "secret",
    "service_account",
    "skip_signature",
    "token",
    "web_identity",
)

_VARIABLES = {
    "s3": "AWS_",
    "s3a": "AWS_",
    "gs": "GOOGLE_",
}


def options(
    names: Iterable[str],
    storage_options: Mapping[str, Any] | None,
    credential_provider: CredentialProvider,
) -> list[tuple[str, str]]:
    """The options of the stores that these names lead to, with credentials."""
    given = {key: _text(value) for key, value in (storage_options or {}).items()}
    schemes = {name.split("://", 1)[0].lower() for name in names if "://" in name}
    cloud = schemes & set(_PROVIDERS)
    if cloud:
        _allow_http(given)
        _attempts(given)
        for key, value in _credentials(min(cloud), given, credential_provider).items():
            given.setdefault(key, value)
    return list(given.items())


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attempts(given: dict[str, str]) -> None:
    """Polars and jetliner count retries, avroscan attempts."""
    retries = given.pop("max_retries", None)
    if retries is not None and retries.isdecimal():
        given.setdefault("max_attempts", str(int(retries) + 1))
    elif retries is not None:
        message = f"max_retries is {retries!r}, expected a whole number"
        raise ConfigurationError(message)


def _allow_http(given: dict[str, str]) -> None:
    """Who writes ``http://`` wants it."""
    if any(key.lower().endswith("allow_http") for key in given):
        return
    endpoints = [value for key, value in given.items() if "endpoint" in key.lower()]
    endpoints += [
        value
        for key, value in os.environ.items()
        if key in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")
    ]
    if any(endpoint.startswith("http://") for endpoint in endpoints):
        given["allow_http"] = "true"


def _credentials(
    scheme: str, given: Mapping[str, str], provider: CredentialProvider
) -> dict[str, str]:
    if provider is None:
        return {}
    if provider != "auto":
        return _present(provider()[0])  # type: ignore[operator]
    variables = [
        key for key in os.environ if key.startswith(_VARIABLES.get(scheme, "AZURE_"))
    ]
    if any(word in key.lower() for key in [*given, *variables] for word in _CREDENTIALS):
        return {}
    try:
        import polars as pl

        return _present(getattr(pl, _PROVIDERS[scheme])()()[0])
    except Exception:  # noqa: BLE001
        # Without the cloud's own library, or without credentials, the store asks its environment.
        return {}


def _present(credentials: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in credentials.items() if value is not None}
