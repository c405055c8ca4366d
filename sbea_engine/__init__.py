"""SBeA Studio's engine: the science as a library, with a CLI (`sbea`).

It knows no Django, Celery, Channels or Redis: a lab can install and use it alone.
"""

__version__ = "0.1.0"
