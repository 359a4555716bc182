"""The contract of every ModelRows; tests/hosts runs the same cases in the real hosts."""

import pytest

from adapters.openwebui.model_rows import OpenWebUiModelRows
from ports.model_rows import HostModels
from tests.contracts.model_rows_cases import CASES, Case
from tests.doubles.model_rows import MemoryModelRows

MODEL_ROWS: tuple[type[HostModels], ...] = (MemoryModelRows, OpenWebUiModelRows)


@pytest.mark.parametrize("promise", CASES, ids=lambda case: case.__name__)
async def test_model_rows_contract_case(promise: Case):
    await promise(MemoryModelRows())
