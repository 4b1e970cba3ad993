"""`enforcer` to which the kernel does not show its table of queues, as to a service that is not root.

unseeing_program.py run ...
"""

from pathlib import Path

from enforcer.cli.main import main
from enforcer.edge import queue_rows

setattr(queue_rows, "_TABLE", Path("/nowhere"))  # noqa: B010 (mypy takes it for a constant)
main()
