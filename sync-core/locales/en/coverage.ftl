# What the coverage engine says. Numbers and names arrive as text.

list-and = { $first }; { $next }

# Why a stretch of work is covered, is not, or needs a decision.
covered-clause = Covered by contract { $contract }, clause { $clause }.
covered-extra = Covered by contract { $contract }, extra item { $clause }.
covered-several = Covered by contract { $contract }, clauses { $clause }, whichever of the recorded values is right.
not_covered-no_contract = No contract of this customer was in force on that day.
not_covered-out_of_scope = A contract is in force, but none of its clauses covers this work ({ $category }).
needs-no_customer = No customer has been recorded for this visit.
needs-several_customers = The phones recorded different customers for this visit.
needs-unlisted_customer = “{ $name }” was typed in and is not one of the listed customers.
needs-unknown_customer = The customer is not in the reference data.
needs-unknown_zone = The customer's time zone “{ $zone }” is not known, so the local day cannot be told.
needs-too_many_parts = The record has more separate stretches of time than are judged.
needs-no_date = The recorded time lies outside the calendar.
needs-no_category = No service category has been recorded for this work.
needs-conflicting_category = The phones recorded different categories ({ $categories }), and they are not all covered alike.
needs-conflicting_mode = One phone recorded the visit as on site, another as remote, and the answer depends on it.
needs-missing_package = The service package of contract { $contract } is not in the reference data.

# Each contract that was looked at, and why it does not serve.
looked-draft = { $contract } ({ $first } to { $last }) is a draft and has not been signed
looked-terminated = { $contract } ({ $first } to { $last }) has been terminated
looked-not_started = { $contract } begins on { $first } (days until then: { $days })
looked-lapsed = { $contract } ended on { $last } (days since then: { $days })
looked-in_force = { $contract } ({ $first } to { $last }) is in force
looked-out_of_scope = { $contract } is in force, but has no clause for { $category }
looked-excluded = { $contract } excludes { $category } by clause { $clause }
looked-other_mode = { $contract } grants { $category } by clause { $clause }, but only { $mode }
looked-missing_package = { $contract } is in force, but its service package is not in the reference data

# Flags.
flag-no_contract = { $customer } had no contract in force at the time of the work.
flag-no_contract-draft = { $customer } had no contract in force at the time of the work; { $draft } is still a draft.
flag-contract_lapsed = Contract { $contract } ended on { $last } (days before the work: { $days }).
flag-contract_lapsed-draft = Contract { $contract } ended on { $last } (days before the work: { $days }); the renewal { $draft } is still a draft.
flag-contract_not_started = Contract { $contract } only begins on { $first } (days after the work: { $days }).
flag-out_of_scope = Not in any contract that is in force: { $category }. Looked at: { $why }.
flag-no_work_order = { $why } Demanded by { $name } ({ $role }, { $channel }): “{ $words }”
flag-no_work_order-undemanded = { $why } Nobody was named who demanded the visit.
dispatch-none = No work order was named.
dispatch-unknown = The work order that was named is not in the reference data.
dispatch-other_customer = Work order { $order } is for another customer.
dispatch-not_entitled = Work order { $order } was issued by { $name }, who may not dispatch.
flag-after_sign_off = The record holds changes that the customer's newest signature does not cover: { $count }.
flag-sign_off_mismatch = A signature does not fit the content that it names: { $why }
flag-refused = { $name } refused to sign: “{ $reason }”
flag-unsigned = The visit is over, and nobody has signed.
flag-unsigned-nobody_present = The visit is over, and nobody was present to sign.
flag-clock_drift-ahead = { $who }: the phone's clock was ahead of the server's by { $time }.
flag-clock_drift-behind = { $who }: the phone's clock was behind the server's by { $time }.
flag-clock_drift-set = { $who }: the phone's clock was set while it was running, by { $time } in all.
flag-clock_drift-backwards = { $who }: a timer ends { $time } before it starts; it counts as no time.
flag-clock_drift-reversed = { $who }: an entry made by hand ends { $time } before it begins; it counts as no time.
flag-overlapping_time = { $who }: { $time } stand in more than one time entry of this visit.
flag-overlapping_time-elsewhere = { $who }: { $time } are also recorded in visit { $visit }.
flag-conflict = Devices wrote different values for { $place }: “{ $first }” counts; also written: “{ $others }”.
flag-conflict-end = Several devices stopped the same timer: { $ends }. The earliest end counts.
list-field_of_item = work item { $number }, { $field }
flag-conflict-customers = The phones recorded different customers: { $customers }.
flag-possible_duplicate-time = { $who } recorded visit { $visit } at the same customer at the same time: perhaps one visit recorded twice.
flag-possible_duplicate-order = Visit { $visit } names the same work order, { $order }: perhaps one visit recorded twice.
flag-quarantined_changes = Changes that were not admitted and are kept in quarantine: { $count }.

# Why a sign-off does not verify: said by whoever checks it, as the parameter of flag-sign_off_mismatch.
mismatch-visit = it names another visit
mismatch-heads = it names changes that this record does not have
mismatch-summary = the summary is not the one that was signed
mismatch-text = the text is not the one that was shown
mismatch-strokes = the strokes are not the ones that were drawn
mismatch-device = the device is not known, or its key is not the one it enrolled with
mismatch-signature = the device's signature does not verify
mismatch-unreadable = the sign-off cannot be read
