"""The core on one event loop, with its adapters: opened at the first call, closed when retired and idle."""

import asyncio
import sys
from contextlib import AsyncExitStack

from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.openrouter.catalog import AioCatalog
from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.pool import ConnectionPool
from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.loads import Loads
from adapters.process.shared_state import shared_state
from adapters.process.slots import ProcessSlots
from domain.redaction.secrets import redact
from domain.services.list_models import ListModels
from domain.services.run_turn import RunTurn
from entrypoints.container import Container
from entrypoints.openwebui.model_list import ModelList
from entrypoints.settings import Settings
