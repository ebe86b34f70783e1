"""Networks for serving: in the data's own units, in the formats of other runtimes, and checked."""

from kvae.uses.export.check import BATCH_SIZES, Probe, errors_of
from kvae.uses.export.formats import Format, Served, conversion_errors, format_named, written
from kvae.uses.export.networks import serving_decoder, serving_encoder

__all__ = [
    "BATCH_SIZES",
    "Format",
    "Probe",
    "Served",
    "conversion_errors",
    "errors_of",
    "format_named",
    "serving_decoder",
    "serving_encoder",
    "written",
]
