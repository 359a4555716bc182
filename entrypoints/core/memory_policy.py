"""Turn `Settings` into what of a turn is stored, how it is sealed, and for how long."""

from dataclasses import dataclass, field

from adapters.vault.vault import VaultOptions
from domain.limits import MEBIBYTE
from domain.request.turn_request import Remembering
from domain.services.clean_artifacts import Retention
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from entrypoints.settings_secret import passphrases


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """The keys and options for the vault; `unreadable`: a passphrase is stored but cannot be decrypted."""

    newest: str = field(default="", repr=False)
    older: tuple[str, ...] = field(default=(), repr=False)
    unreadable: bool = False
    options: VaultOptions = field(default_factory=VaultOptions)


@once
def keeps_anything(settings: Settings) -> bool:
    """Return whether turns store anything."""
    return settings.persist_reasoning_tokens != "disabled" or settings.persist_tool_results


@once
def remembering_of(settings: Settings, namespace: str, *, references: bool = False) -> Remembering:
    """Return which parts of a turn are stored."""
    return Remembering(
        namespace=namespace,
        reasoning=settings.persist_reasoning_tokens,
        tool_results=settings.persist_tool_results,
        full_turns=settings.tool_output_retention_turns,
        references=references,
        quota_bytes=settings.artifact_quota_mb * MEBIBYTE,
    )


@once
def retention_of(settings: Settings, namespace: str) -> Retention:
    """Return how long unused data is kept, how often it is cleaned, and what an administrator confirmed."""
    return Retention(
        namespace,
        settings.artifact_cleanup_days,
        settings.artifact_cleanup_interval_hours,
        confirmed=settings.artifact_cleanup_confirm,
        confirm_with="ARTIFACT_CLEANUP_CONFIRM=",
    )


@once
def vault_of(settings: Settings) -> VaultSettings:
    """Return the keys and options for the vault."""
    newest, older = settings.artifact_encryption_key, settings.artifact_previous_keys
    options = VaultOptions(settings.encrypt_all, settings.enable_lz4_compression, settings.min_compress_bytes)
    return VaultSettings(newest.reveal().strip(), passphrases(older), newest.unreadable, options)
