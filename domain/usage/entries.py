"""How an entry of the ledger moves: from the start of an attempt to upstream's figure, an estimate, or nothing sent."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from domain.usage.prices import Consumed, EndOfAttempt, Price, price_of, price_of_attempt
from ports.generations import GenerationRecord
from ports.ledger import OWN_KEY, CostSource, Entry, EntryState
from ports.responses import Route
from ports.usage import Usage

KEY_ID_CHARACTERS = 12


def key_hash_of(api_key: str) -> str:
    """Return the hash by which upstream names a key."""
    return sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()


def key_id_of(route: Route) -> str:
    """Return a short hash by which the entries of a route's key are found, and which does not reveal it.

    OWN_KEY stands before that of a person's own key, so that sums of what the operator pays can leave it out.
    """
    digest = key_hash_of(route.api_key)[:KEY_ID_CHARACTERS]
    return f"{OWN_KEY}{digest}" if route.own_key else digest


def guessed(entry: Entry, consumed: Consumed) -> Entry:
    """Return a started entry with what its prompt alone will cost, so that it is never silently zero."""
    return _priced(entry, price_of(consumed))


def ended(entry: Entry, end: EndOfAttempt, now: datetime) -> Entry:
    """Return an entry at the end of its attempt.

    It stays STARTED if upstream named the call but sent no bill: `recorded` or `given_up` ends it.
    """
    price = price_of_attempt(end)
    if not end.was_sent:
        return _closed(_priced(entry, price), EntryState.VOID, now)
    usage = end.consumed.usage
    entry = replace(
        entry,
        answering_model=end.model or entry.answering_model,
        provider=end.provider or entry.provider,
        generation_id=entry.generation_id or end.generation_id,
        is_byok=end.is_byok or (usage is not None and usage.is_byok),
    )
    entry = _priced(_counted(entry, usage), price)
    if price.source in (CostSource.UPSTREAM, CostSource.RECORD):
        return _closed(entry, EntryState.SETTLED, now)
    return entry if entry.generation_id else given_up(entry, now)


def recorded(entry: Entry, record: GenerationRecord, now: datetime) -> Entry:
    """Return an entry with the figures of upstream's record; unchanged if the record has no cost."""
    price = price_of(Consumed(record=record))
    if not price.is_exact:
        return entry
    entry = replace(
        entry,
        answering_model=entry.answering_model or record.model,
        provider=entry.provider or record.provider,
        input_tokens=record.input_tokens or entry.input_tokens,
        output_tokens=record.output_tokens or entry.output_tokens,
        cached_tokens=record.cached_tokens or entry.cached_tokens,
        reasoning_tokens=record.reasoning_tokens or entry.reasoning_tokens,
        is_byok=record.is_byok or entry.is_byok,
    )
    return _closed(_priced(entry, price), EntryState.SETTLED, now)


def given_up(entry: Entry, now: datetime) -> Entry:
    """Return an entry for which no figure of upstream will come; what upstream refused is free."""
    is_free = entry.cost_source is CostSource.FREE
    return _closed(entry, EntryState.SETTLED if is_free else EntryState.ESTIMATED, now)


def _priced(entry: Entry, price: Price) -> Entry:
    return replace(entry, cost=price.cost, upstream_cost=price.upstream_cost, cost_source=price.source)


def _counted(entry: Entry, usage: Usage | None) -> Entry:
    if usage is None:
        return entry
    return replace(
        entry,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _closed(entry: Entry, state: EntryState, now: datetime) -> Entry:
    return replace(entry, state=state, settled_at=now)
