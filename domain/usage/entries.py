"""How an entry of the ledger moves: from the start of an attempt to upstream's figure, an estimate, or nothing sent."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from domain.usage.prices import Consumed, EndOfAttempt, Price, price_of
from ports.generations import GenerationRecord
from ports.ledger import OWN_KEY, CostSource, Entry, EntryState
from ports.responses import Route

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


def ended(entry: Entry, end: EndOfAttempt, price: Price, now: datetime) -> Entry:
    """Return an entry at the end of its attempt.

    It stays STARTED if upstream named the call but sent no bill: `recorded` or `given_up` ends it. `price`: that of the
    attempt.
    """
    if not end.was_sent:
        return _closed(_priced(entry, price), EntryState.VOID, now)
    usage, named = end.consumed.usage, entry.generation_id or end.generation_id
    counts = usage or entry
    state, over = entry.state, True
    if price.source in (CostSource.UPSTREAM, CostSource.RECORD):
        state = EntryState.SETTLED
    elif named:
        over = False
    else:
        state = _without_figure(price.source)
    return replace(
        entry,
        answering_model=end.model or entry.answering_model,
        provider=end.provider or entry.provider,
        generation_id=named,
        is_byok=end.is_byok or (usage is not None and usage.is_byok),
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        cached_tokens=counts.cached_tokens,
        cache_write_tokens=counts.cache_write_tokens,
        reasoning_tokens=counts.reasoning_tokens,
        cost=price.cost,
        upstream_cost=price.upstream_cost,
        cost_source=price.source,
        state=state,
        settled_at=now if over else entry.settled_at,
    )


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
    return _closed(entry, _without_figure(entry.cost_source), now)


def _without_figure(source: CostSource) -> EntryState:
    return EntryState.SETTLED if source is CostSource.FREE else EntryState.ESTIMATED


def _priced(entry: Entry, price: Price) -> Entry:
    return replace(entry, cost=price.cost, upstream_cost=price.upstream_cost, cost_source=price.source)


def _closed(entry: Entry, state: EntryState, now: datetime) -> Entry:
    return replace(entry, state=state, settled_at=now)
