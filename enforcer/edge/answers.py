"""What the service answers to those who ask it by the control socket."""

from __future__ import annotations

from collections.abc import Callable

from enforcer.edge.peers import Peer
from enforcer.edge.succession import Succession
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError
from enforcer.model.request import Pause, Reload, Reply, Request, Resume, Status, refusal
from enforcer.model.state import State

FRESH = 0.25
"""Seconds for which a state is told again: whoever asks without pause costs little."""


class Answers:
    def __init__(
        self,
        succession: Succession,
        state: Callable[[], State],
        reload: Callable[[str], str],
        monotonic: Callable[[], float],
    ) -> None:
        """`reload` takes who asked for it, to stand at a sentence's end; gives why it was refused, or nothing."""
        self._succession = succession
        self._state = state
        self._reload = reload
        self._monotonic = monotonic
        self._told: tuple[float, State] | None = None

    def __call__(self, request: Request, peer: Peer) -> Reply:
        """Never raises what a request can bring about."""
        try:
            match request:
                case Status():
                    return Reply(done=True, told="", cure="", state=self._fresh())
                case Reload():
                    return self._reloaded(peer)
                case Pause():
                    return self._paused(request, peer)
                case Resume():
                    ended = self._succession.resume(request.id, peer)
                    return _done(f"ended {', '.join(ended)}: what the policy blocks is stopped again", *ended)
        except EdgeError as error:
            return refusal(error)

    def _fresh(self) -> State:
        now = self._monotonic()
        if self._told is None or now - self._told[0] > FRESH:
            self._told = (now, self._state())
        return self._told[1]

    def _reloaded(self, peer: Peer) -> Reply:
        self._told = None
        if refused := self._reload(f"; asked for by {peer.name}"):
            cure = "put right what it says; `enforcer policy validate` shows all faults"
            return Reply(done=False, told=refused, cure=cure, state=None)
        return _done(f"revision {self._succession.policy.revision} is in force")

    def _paused(self, request: Pause, peer: Peer) -> Reply:
        self._told = None
        pause = self._succession.pause(request, peer)
        return _done(f"{pause.id}: paused until {iso(pause.until)}, when it ends by itself", pause.id)


def _done(told: str, *pauses: str) -> Reply:
    return Reply(done=True, told=told, cure="", state=None, pauses=pauses)
