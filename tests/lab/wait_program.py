"""`enforcer` that lets its successor be waited for as many seconds as the file says at its start.

wait_program.py FILE run ...
"""

import sys
from pathlib import Path

from enforcer.cli.main import main
from enforcer.edge import handover

setattr(handover, "WAIT", float(Path(sys.argv.pop(1)).read_text()))  # noqa: B010 (mypy takes it for a constant)
main()
