# What the coverage engine says. Numbers and names arrive as text.

list-and = { $first }; { $next }
list-every_day = any day
list-no_hours = no time

# Why a stretch of work is covered, is not, or needs a decision.
covered-clause = Covered by contract { $contract }, clause { $clause }.
covered-extra = Covered by contract { $contract }, extra item { $clause }.
covered-several = Covered by contract { $contract }, clauses { $clause }, whichever of the recorded values is right.
not_covered-no_contract = No contract of this customer was in force on that day.
not_covered-out_of_scope = A contract is in force, but none of its clauses covers this work ({ $category }).
not_covered-outside_hours = Clause { $clause } of contract { $contract } covers this work ({ $category }), but not at that hour.
not_covered-quota_exhausted = Contract { $contract } covers this work ({ $category }), but what clause { $clause } allows from { $from } to { $until } ({ $amount } { $unit }) is used up.
not_covered-priced = This work ({ $category }) is not in the fee: clause { $clause } of contract { $contract } agrees a price for it.
not_covered-customers_own_clause = By clause { $clause } of contract { $contract } this work ({ $category }) is the customer's own.
not_covered-customers_own_work = This work ({ $category }) is the customer's own, and no clause of a contract takes it over.
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
needs-unclear_limit = Clause { $clause } of contract { $contract } limits this work ({ $category }), but does not say to how much.
needs-unknown_day = Clause { $clause } of contract { $contract } covers this work ({ $category }) at hours that depend on the kind of day, and no calendar says what kind of day { $day } was.

# Each contract that was looked at, and why it does not serve.
looked-draft = { $contract } ({ $first } to { $last }) is a draft and has not been signed
looked-terminated = { $contract } ({ $first } to { $last }) has been terminated
looked-not_started = { $contract } begins on { $first } (days until then: { $days })
looked-lapsed = { $contract } ended on { $last } (days since then: { $days })
looked-in_force = { $contract } ({ $first } to { $last }) is in force
looked-out_of_scope = { $contract } is in force, but has no clause for { $category }
looked-excluded = { $contract } excludes { $category } by clause { $clause }
looked-other_mode = { $contract } grants { $category } by clause { $clause }, but only { $mode }
looked-outside_hours = { $contract } grants { $category } by clause { $clause }, but on { $kind } only at { $hours }
looked-unknown_day = { $contract } grants { $category } by clause { $clause } at hours that depend on the kind of day, which no calendar says
looked-quota_exhausted = { $contract } grants { $category } by clause { $clause }, but what clause { $limit } allows from { $from } to { $until } is used up
looked-priced = { $contract } has { $category } at a price of its own, by clause { $clause }
looked-customers_own = { $contract } leaves { $category } to the customer, by clause { $clause }
looked-unclear_limit = { $contract } limits { $category } by clause { $clause }, which does not say to how much
looked-missing_package = { $contract } is in force, but its service package is not in the reference data

# Flags.
flag-no_contract = { $customer } had no contract in force at the time of the work.
flag-no_contract-draft = { $customer } had no contract in force at the time of the work; { $draft } is still a draft.
flag-contract_lapsed = Contract { $contract } ended on { $last } (days before the work: { $days }).
flag-contract_lapsed-draft = Contract { $contract } ended on { $last } (days before the work: { $days }); the renewal { $draft } is still a draft.
flag-contract_not_started = Contract { $contract } only begins on { $first } (days after the work: { $days }).
flag-out_of_scope = Not in any contract that is in force: { $category }. Looked at: { $why }.
flag-outside_service_hours = { $time } of the work ({ $category }) were outside the service hours of contract { $contract }, clause { $clause }.
flag-outside_service_hours-moment = The work ({ $category }) was outside the service hours of contract { $contract }, clause { $clause }.
flag-outside_service_hours-ordinary = { $time } of the work were outside ordinary hours (working days, { $window }), and no contract was in force.
flag-quota_exhausted = What clause { $clause } of contract { $contract } allows for { $category } from { $from } to { $until } ({ $amount } { $unit }) was used up: { $covered } of the work were covered, { $uncovered } were not.
flag-quota_exhausted-moment = What clause { $clause } of contract { $contract } allows for { $category } from { $from } to { $until } ({ $amount } { $unit }) was used up before the work began.
flag-customers_own_work = The customer's own work was asked for. { $why }
flag-vendor_gap = { $promised } support for { $asset } ({ $code }) is promised until { $promised_until }, but none that covers { $day } was bought.
flag-vendor_gap-ended = { $promised } support for { $asset } ({ $code }) is promised until { $promised_until }, but what was bought ({ $provider }, { $bought }) ended on { $until }, and nothing covers { $day }.
flag-vendor_gap-lower = { $promised } support for { $asset } ({ $code }) is promised until { $promised_until }, but on { $day } only lower support was bought ({ $provider }, { $bought }), until { $until }.
flag-repeat_problem = The same problem for the { $times }. time within { $days } days. Before: { $visits }.
flag-remote_possible = Triage said that it could be done remotely, but somebody went.
flag-remote_possible-skipped = Somebody went without triage: nobody asked whether it could be done remotely.
flag-fatigue = { $who } worked { $time } without a rest.
flag-fatigue-refused = { $who } worked { $time } without a rest. Relief was asked for and refused by { $by }.
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
mismatch-address = the signer's address is not the one that was signed
mismatch-device = the device is not known, or its key is not the one it enrolled with
mismatch-signature = the device's signature does not verify
mismatch-unreadable = the sign-off cannot be read
