"""`enforcer` on a machine whose kernel needs 0.7 s to take what answers teach.

slow_kernel_program.py run ...
"""

import time

from enforcer.cli.main import main
from enforcer.edge.teaching import Teacher

SECONDS = 0.7
_takes = Teacher._takes


def slowly(teacher: Teacher, changes: bytes) -> bool:
    time.sleep(SECONDS)
    return _takes(teacher, changes)


setattr(Teacher, "_takes", slowly)  # noqa: B010 (mypy refuses to assign to a method)
main()
