# The words of the trade: one per value of each enum, under <enum>-<value>.

mode-on_site = on site
mode-remote = remote

category-application_software = application software
category-interface_development = interface development
category-customisation = customisation
category-database = database
category-operating_system = operating system
category-server_hardware = server hardware
category-storage = storage
category-network = network
category-security = security
category-data_entry = data entry (the customer's own work)
category-training = training
category-consulting = consulting
category-other = other

requester_role-customer = customer
requester_role-sales = sales
requester_role-service_manager = service manager
requester_role-account_manager = account manager
requester_role-leadership = leadership
requester_role-other = other

channel-phone = telephone
channel-wechat = WeChat
channel-in_person = in person
channel-email = e-mail
channel-ticket = ticket
channel-other = other

time_kind-labour = labour
time_kind-travel = travel
time_kind-waiting = waiting
time_kind-break = break

crew_action-join = joined
crew_action-leave = left

expense_kind-taxi = taxi
expense_kind-hotel = hotel
expense_kind-meal = meal
expense_kind-transport = transport
expense_kind-part = spare part
expense_kind-other = other

objection_kind-against_advice = done against advice
objection_kind-relief_refused = relief refused

outcome-accepted = accepted
outcome-accepted_with_reservations = accepted with reservations
outcome-refused = refused
outcome-nobody_present = nobody present

lang-zh-CN = Chinese
lang-en = English

tier-tertiary = tertiary hospital
tier-secondary = secondary hospital
tier-community = community clinic
tier-county = county hospital

contract_kind-software = software contract
contract_kind-hardware = hardware contract
contract_kind-integration = integration contract
contract_kind-service_maintenance = service and maintenance contract

contract_status-draft = draft
contract_status-signed = signed
contract_status-terminated = terminated

effect-grant = grants
effect-exclude = excludes
effect-customers_own = leaves to the customer
effect-limit = limits
effect-price = prices apart

quota_unit-visits = visits
quota_unit-minutes = minutes

quota_period-contract = in the whole contract
quota_period-contract_year = per contract year
quota_period-calendar_year = per calendar year
quota_period-quarter = per quarter
quota_period-month = per month

price_unit-hour = per hour
price_unit-visit = per visit

support_tier-manufacturer = manufacturer
support_tier-authorised = authorised provider
support_tier-third_party = third party

work_order_status-open = open
work_order_status-closed = closed

triage_outcome-on_site = somebody must be there
triage_outcome-remote = can be done remotely
triage_outcome-unclear = not clear

day_kind-workday = working day
day_kind-rest_day = rest day
day_kind-holiday = public holiday

country-CN = China

role-engineer = engineer
role-service_manager = service manager
role-account_manager = account manager
role-sales = sales
role-leadership = leadership
role-admin = administrator

record_kind-customer = customer
record_kind-contact = contact
record_kind-package = service package
record_kind-contract = contract
record_kind-asset = asset
record_kind-work_order = work order
record_kind-person = person
record_kind-calendar = calendar
record_kind-grade = grade
record_kind-policy = company rules

coverage-covered = covered
coverage-not_covered = not covered
coverage-needs_decision = needs a decision

severity-info = information
severity-warning = warning
severity-critical = critical

cause-granted = granted by a clause
cause-no_contract = no contract in force
cause-out_of_scope = out of scope
cause-outside_service_hours = outside service hours
cause-quota_exhausted = quota used up
cause-customers_own_work = the customer's own work
cause-priced = priced apart
cause-undecided = needs a decision

flag-name-no_contract = no contract
flag-name-contract_lapsed = contract lapsed
flag-name-contract_not_started = contract not started
flag-name-out_of_scope = out of scope
flag-name-quota_exhausted = quota used up
flag-name-outside_service_hours = outside service hours
flag-name-vendor_gap = gap in vendor support
flag-name-customers_own_work = the customer's own work
flag-name-no_work_order = no work order
flag-name-repeat_problem = repeated problem
flag-name-remote_possible = could be done remotely
flag-name-after_sign_off = changed after sign-off
flag-name-sign_off_mismatch = signature does not fit
flag-name-refused = sign-off refused
flag-name-unsigned = not signed
flag-name-clock_drift = clocks disagree
flag-name-overlapping_time = overlapping time
flag-name-fatigue = fatigue
flag-name-conflict = devices disagree
flag-name-possible_duplicate = possible duplicate
flag-name-quarantined_changes = changes in quarantine

receipt_languages-zh-CN = Chinese
receipt_languages-en = English
receipt_languages-both = Chinese and English side by side
expense_terms-included = included
expense_terms-charged = charged
