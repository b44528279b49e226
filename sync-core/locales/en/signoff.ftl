# Signing: minutes in the text that is shown, and why a sign-off does not fit.

record-minutes = { $minutes } min

mismatch-heads = the content that it names is not in this visit, or it was not written on top of it
mismatch-summary = the visit's content is not what the signature was given for
mismatch-text = the text that was shown is not the one that the signature names
mismatch-strokes = the drawn signature is not the one that was recorded
mismatch-device = it was not made by the device that wrote it, or that device is not enrolled
mismatch-signature = the device's signature does not fit
