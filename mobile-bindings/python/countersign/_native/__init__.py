from .countersign import *  # NOQA
