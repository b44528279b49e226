"""The offline engine of Countersign: record, sign, judge and sync on-site service visits.

Everything here is generated from the Rust facade; ``Phone`` is where to begin.
"""

from ._generated import *
from ._generated import __all__ as __all__
