"""The offline engine of Countersign: record, sign, judge and sync on-site service visits.

Everything here is generated from the Rust facade; ``Phone`` is where to begin.
"""

from ._native.countersign import *
from ._native.countersign import __all__ as __all__
