"""`enforcer` that lets its successor be waited for less long.

wait_program.py SECONDS run ...
"""

import sys

from enforcer.cli.main import main
from enforcer.edge import handover

setattr(handover, "WAIT", float(sys.argv.pop(1)))  # noqa: B010 (mypy takes it for a constant)
main()
