"""`enforcer` that holds an answer until the kernel has its addresses also where that takes a busy machine long.

patient_program.py run ...
"""

from enforcer.cli.main import main
from enforcer.edge import teaching

setattr(teaching, "PATIENCE", 1.5)  # noqa: B010 (mypy takes it for a constant); shorter than what is taken for hung
main()
