"""What the demo projects are called when they are made.

A demo project is known by the address that its first name gave it: people may rename it, the address stays.
So these names are for ever, or the demo comes twice.
"""

ONE_CAMERA = "Demo: one mouse in an open field"
ONE_MOUSE = "Demo: one mouse, four cameras"
TWO_MICE = "Demo: two mice, four cameras"
RIGS = (ONE_MOUSE, TWO_MICE)
