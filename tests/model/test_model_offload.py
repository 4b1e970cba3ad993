"""The state of the flowtable as part of the service's state, as it travels."""

from state_fixtures import state

from enforcer.model.offload import OffloadState
from enforcer.model.state import State


def test_it_is_read_back_as_it_was_told() -> None:
    told = OffloadState(asked=("lan", "wan"), interfaces=("wan",), fault="there is no interface lan")
    assert State.from_dict(state(offload=told).as_dict()).offload == told
