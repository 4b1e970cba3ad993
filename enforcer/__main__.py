"""`python -m enforcer` and the `enforcer` command."""

from __future__ import annotations

from enforcer.cli.main import main

if __name__ == "__main__":
    main()
