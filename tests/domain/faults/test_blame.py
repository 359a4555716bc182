"""Every fault has somebody to blame; what callers can change themselves never counts against a provider."""

import pytest

from domain.faults.blame import BLAME, Blame, blame_of
from domain.faults.fault import HTTP_STATUS, Fault, FaultKind


def test_every_kind_of_fault_has_an_entry():
    assert set(BLAME) == set(FaultKind)


@pytest.mark.parametrize("kind", [kind for kind, status in HTTP_STATUS.items() if status < 500])
def test_what_the_caller_can_change_is_the_callers(kind):
    assert blame_of(Fault(kind)) is Blame.CALLER
