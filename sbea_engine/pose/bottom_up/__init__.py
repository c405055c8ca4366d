"""Animals that look alike: all keypoints of all animals at once, then which belong together.

`links` (what is tied to what, from skeleton and labels), `model`, `losses`, `training` make a network;
`peaks`, `assembly`, `inference` read animals from its maps; `order` gives them places that follow time.
"""
