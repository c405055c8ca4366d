"""The clock of a play."""

RATE_HZ = 15.0  # steps a second, in which actors count
STEP_S = 1 / RATE_HZ
