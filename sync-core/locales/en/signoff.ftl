# The text that is shown at signing.

record-minutes = { $minutes } min
receipt-coverage-line = { $number }. { $category }: { $coverage }. { $reason }
