"""Every ModelRows keeps its promises; in the real hosts the same ones are checked by tests/hosts."""

import pytest

from adapters.openwebui.model_rows import OpenWebUiModelRows
from ports.model_rows import HostModels
from tests.contracts.model_rows_cases import CASES, Case
from tests.doubles.model_rows import MemoryModelRows

MODEL_ROWS: tuple[type[HostModels], ...] = (MemoryModelRows, OpenWebUiModelRows)


@pytest.mark.parametrize("promise", CASES, ids=lambda case: case.__name__)
async def test_a_promise_is_kept(promise: Case):
    await promise(MemoryModelRows())
