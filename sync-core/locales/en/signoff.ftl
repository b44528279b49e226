# The text that is shown at signing.

record-minutes = { $minutes } min
