"""`python -m sbea_engine.cli` is `sbea`."""

from sbea_engine.cli import main

if __name__ == "__main__":
    main(prog_name="sbea")
