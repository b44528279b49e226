# The engineers' app. The domain's own words are in sync-core/locales/en/words.ftl.

opening = Opening what is kept on this phone …
back = Back
cancel = Cancel
save = Save
done = Done
now = now
try-again = Try again
answer-yes = Yes
answer-no = No
answer-unknown = Not known
remove = Remove
remove-why = Why it does not count
removed = Removed: { $why }

elsewhere = Open in another tab
elsewhere-why = Countersign works in one tab at a time, so that no two write over each other. Nothing is lost: what was recorded there is here as well.
elsewhere-here = Use it here
broken = This did not open
broken-kept = What is recorded on this phone has not been changed.
newer = A newer version of the app is ready. Records and drafts stay.
newer-use = Use it

login = Log in
login-title = Log in
login-busy = Logging in …
login-name = Login
login-password = Password
login-device = Name of this phone
login-device-hint = So that you can find it again in the list of devices.
login-key = A key is made in this browser that cannot leave it. It signs what you record.
password-title = Choose a new password
password-why = Your password was set by somebody else and must be changed first.
password-old = Present password
password-new = New password
password-save = Change and go on
filling = Fetching hospitals and contracts
filling-count = { $n ->
    [one] { $n } record so far
   *[other] { $n } records so far
 }
filling-why = Needed once. After that the app works without a network.

home = Today
begin = Start a visit
join = Join
visit = Visit
orders = Work orders for you
orders-none = No open work order names you. You can start a visit without one.
visits = Visits on this phone
visits-none = None yet.
visits-more = Show more
running = Running now
settings = Settings
evictable-title = Storage
evictable = The browser has not promised to keep what is stored. If the phone runs out of space it may delete it, with whatever has not been sent. Installing the app usually helps.
install-title = Install the app
install-why = It then opens from the home screen, and the browser keeps its storage.
install-apple = Tap “Share”, then “Add to Home Screen”. It then opens from there, and its storage is kept.
install = Install

chip-none = All sent
chip-new = { $n } unsent
chip-waiting = { $n } unsent · { $age }
chip-login = Log in
chip-label = Sync: { $text }
age-minutes = { $n } min
age-hours = { $n } h
age-days = { $n } d
sync-synced = on the server
sync-waiting = { $n } only on this phone
sync-quarantined = set aside by the server
sync-title = Unsent work
sync-some = Only on this phone
sync-all = Everything is on the server
sync-count = { $n ->
    [one] { $n } change
   *[other] { $n } changes
 } in { $visits ->
    [one] { $visits } visit
   *[other] { $visits } visits
 }.
sync-since = The oldest has been waiting for { $age }.
sync-photos = { $n ->
    [one] { $n } photo
   *[other] { $n } photos
 } ({ $size }).
sync-never = This phone has never reached the server.
sync-last = Last reached the server: { $at }.
sync-now = Send now
sync-running = Sending …
sync-kept = Everything is kept on this phone. It tries again by itself.
sync-visits = Visits that are not all on the server
relogin = Log in again
relogin-why = This phone's log-in has ended. You can go on recording; to send, log in again. Nothing is lost.
export-title = Save unsent work to a file
export-why = For a phone that is about to fail. The file is encrypted and holds everything that is not on the server.
export = Save to a file
export-key = The file can only be opened with this key. Write it down now; it is shown once and is not in the file.
import-title = Another phone's unsent work
import-why = A colleague's phone died, and you have the file that was saved on it and its key.
import-open = Take in a file
import-file = Take in a file
import-how = The file from “Save to a file”, and the key that was written down from that phone's screen. It is kept on this phone until the server has it.
import-choose = Choose the file
import-key = Key
import-key-hint = { $n } of 64 characters; spaces do no harm.
import-key-wrong = { $n } of 64 characters: digits and the letters a to f.
import-do = Open
carried-of = Recorded by { $name }
carried-visits = { $n ->
    [one] { $n } visit
   *[other] { $n } visits
 }
carried-photos = { $n ->
    [one] { $n } photo
   *[other] { $n } photos
 } ({ $size })
carried-here = only on this phone
carried-photos-here = photos only on this phone
carried-under-way = being delivered
carried-must-wait = must wait
carried-left = { $frames } of records, { $photos } photos ({ $size }) to go
carried-waits = Some of it stands on another phone's changes, which the server has not got. Deliver it again when that phone has sent them.
carried-own = You recorded it yourself: it goes with this phone's log-in.
carried-other = The server takes it only from { $name }: they log in here once. This phone stays yours.
carried-deliver = Deliver
carried-done = { $n ->
    [0] Delivered.
    [one] Delivered: { $n } visit is on the server.
   *[other] Delivered: { $n } visits are on the server.
 }
carried-refused = { $n ->
    [one] The server set { $n } change aside
   *[other] The server set { $n } changes aside
 } ({ $codes }). A manager sees them.
carried-photos-refused = { $n ->
    [one] The server did not take { $n } photo
   *[other] The server did not take { $n } photos
 }; the bytes are still here.

photo = Photo
photo-file = File
photo-seal = Customer's seal
photos = Photos
photos-count = { $n ->
    [one] { $n } photo
   *[other] { $n } photos
 }
photos-list = Photos
photos-unsent = { $n ->
    [one] { $n } of them is only on this phone
   *[other] { $n } of them are only on this phone
 } ({ $size }).
photos-taking = Recording { $n } of { $of } …
photos-missed = { $n ->
    [one] Not recorded: { $names }.
   *[other] { $n } not recorded: { $names }.
 }
photos-made-small = Photos are made smaller and recorded without the place where they were taken.
photo-take = Take a photo
photo-choose = Choose files
photo-caption = What it shows
photo-caption-next = What the next photo shows
photo-phrase-screen = Error on the screen
photo-phrase-room = Machine room
photo-phrase-before = Before
photo-phrase-after = After
photo-phrase-paper = Paper
photo-here = on this phone
photo-sending = being sent
photo-refused = refused
photo-server = at the server
photo-elsewhere = elsewhere
photo-not-here = Not on this phone
photo-elsewhere-why = This photo was taken on another phone, or its bytes have gone to the server. It is shown when there is a network.
photo-nowhere = The server does not have this photo yet: it is still on the phone that took it.
photo-fetching = Fetching the photo ({ $size }) …
photo-look = The photo
photo-scroll = The photo; can be scrolled when it is enlarged
photo-larger = Larger
photo-smaller = Smaller
photo-save-file = Save the file ({ $size })
photo-sent-of = { $sent } of { $size }
photo-refused-why = The server did not take this photo (status { $status }). The bytes are kept here; take it again, or ask your administrator.
photo-about = About this photo
photo-belongs = Belongs to
photo-of-visit = the visit as a whole
photo-replaces = Replaces an earlier one: { $why }
photo-replaced = This photo was replaced and no longer counts.
photo-replaced-by = Show the newer one
photo-replace = Correct or replace
photo-replace-why = What was recorded stays in the record; the newer one counts.
photo-why = Why
photo-correct = Correct the words
photo-take-another = Take another photo instead
seal-take = Photograph the customer's seal
seal-why = The seal has to be there before the customer signs; it then stands beside the signature.
seal-late = The customer has signed already: a seal that is photographed now is no part of what was signed.
photos-when = When photos are sent
photos-when-now = with everything else
photos-when-wifi = on Wi-Fi only
photos-when-later = when I say so
photos-send-now = Send the photos now
photos-sent-of = Photos: { $sent } of { $size } sent
photos-refused = { $n ->
    [one] The server did not take { $n } photo
   *[other] The server did not take { $n } photos
 } (status { $status }). The bytes are kept on this phone.
expense-receipt = Receipt
expense-receipt-first = First say what for and how much; the expense is saved with its first photo.
expense-receipt-of = Receipt: { $what }
item-photo-first = First say what kind of work; the item is saved with its first photo.

where = Which hospital?
where-search = Search
where-hint = Name, code, pinyin or its initials
where-found = { $n ->
    [0] No hospital found
    [one] { $n } hospital
   *[other] { $n } hospitals
 }
where-unlisted = Not listed: “{ $name }”
begin-title = Start a visit
begin-now = Start on site
begin-remote = Start remotely
begin-no-order = Nobody with the right to dispatch has sent you. Say below who asked for you.
begin-unlisted = This hospital is not on your phone. Your manager will assign the visit later.
mode = How
demand = Who asked for you?
demand-role = Role
demand-channel = How they asked
demand-name = Name
demand-words = In their words
demand-words-hint = As closely as you remember.
triage = Before you set out
triage-data = Is there any data at all?
triage-reach = Can the system be reached remotely?
triage-others = Does it work at another workplace?
triage-outcome = So
triage-remote = It can be done remotely.
triage-remote-use = Do it remotely
triage-asked = Asked by the dispatcher already: { $outcome }
before = Covered or not?
before-category = What kind of work?
before-unlisted = Without a known hospital no contract can be looked up. A manager must decide.
advice-only = This phone's view. The server judges again and has the last word.
looked-at = Contracts that were looked at
coverage = Coverage
flags = { $n ->
    [one] { $n } thing for the manager to look at
   *[other] { $n } things for the manager to look at
 }

notice-show = Show to the customer
notice-title = For the customer
notice-close = Close
notice-covered = Covered by your contract
notice-not_covered = Not covered by your contract
notice-needs_decision = Our manager must decide about coverage
notice-small = Information before the work begins. It is not an invoice.
notice-answer = The customer's answer
notice-agrees = Please go ahead all the same.
notice-declines = Then please do not do it.
notice-words = In their words
notice-words-hint = Kept as a note in the record.
notice-they-say = They say
notice-who = Who says so
notice-record = Keep
notice-customer = the customer
notice-note = Shown to the customer: { $what }.
notice-note-category = Kind of work: { $category }.
notice-note-answer = Answer of { $who }: { $answer }
notice-note-words = In their words: “{ $words }”
notice-note-between = {" "}
notice-declined = The customer does not want it
notice-declined-next = This is noted. Do not begin that work. If there is nothing else to do, let the visit be signed as it is: the record says why.
notice-other-work = Other work
notice-mark = { $n ->
    [one] Write “not done” into the work item
   *[other] Write “not done” into { $n } work items
 }
notice-not-done = Not done: the customer did not want it.

begun = begun { $at }
since = since { $at }
sign = Sign off
sign-again = Sign off again
signed-title = Signed off
relief = Relief
timer = Timer
timer-idle = Nothing is running.
timer-stop = Stop
timer-item = For which work item
items = Work items
item = Work item
item-add = Add a work item
item-category = What kind of work
item-asset = On which asset
no-item = without a work item
dictate = You can dictate: the microphone is on the keyboard.
field-category = Kind of work
field-asset = Asset
field-asset_name = Asset's name
field-symptom = What was wrong
field-action = What was done
field-outcome = How it ended
field-removed = Removed
field-ends = When the timer was stopped
field-kind = Kind
field-amount_minor = Amount
field-currency = Currency
field-note = Note
phrase-restart = Restarted.
phrase-config = Corrected the configuration.
phrase-data = Recovered the data.
phrase-replace = Replaced the part.
phrase-solved = Solved.
phrase-workaround = Works again with a workaround.
phrase-open = Not solved yet.
hours = Time: { $time } of work
duration = { $h ->
    [0] { $m } min
   *[other] { $h } h { $m } min
 }
colleague = colleague
written-later = written down later
corrected = Corrected: { $why }
time-add = Add time
time-add-why = Time that no timer measured. The record says that it was written down afterwards.
time-correct = Correct time
time-correct-why = The entry as it was stays in the record, with your reason.
time-superseded = This entry was corrected already; the newer one counts.
time-kind = What kind of time
time-from = From
time-until = Until
time-order = The end must be after the beginning.
time-why = Why
time-why-hint = Such as: forgot to stop the timer.
expenses = Expenses
expense = Expense
expense-add = Add an expense
expense-kind = What for
expense-amount = Amount ({ $currency })
expense-amount-hint = Such as 86.50
expense-amount-wrong = This is no amount with at most two decimal places.
expense-note = Note
objections = Objections and notes
objection-add = Record an objection
objection-why = It stands on the receipt that the hospital gets.
objection-kind = Which
objection-advice = What you advised
objection-relief = Which relief you asked for
objection-by = Who insisted
objection-refused-by = Who refused
objection-words = In their words
people = People
demanded = Asked for by { $role } ({ $channel }) { $name }
conflicts = { $n ->
    [one] Two phones wrote different things
   *[other] Two phones wrote different things in { $n } places
 }
conflict-mine = this phone
conflict-other = other phone
conflict-counts = counts for now
conflict-settle = Settle it

sign-read = Please read
sign-language = Language of the signer
sign-next = Read; now answer
sign-running = A timer is still running ({ $n }). What is signed says so.
sign-answer = Answer
sign-read-again = Read again
sign-outcome = The customer
sign-contacts = Known contacts
sign-name = Name of the signer
sign-position = Position
sign-department = Department
sign-reach = For the receipt
sign-reach-why = Optional. The receipt goes to this address, and a one-time code if one is wanted. It is used for nothing else.
sign-mail = Signer's mail
sign-mail-wrong = This is no mail address. Correct it, or leave it out.
sign-phone = Signer's phone
sign-phone-wrong = This is no telephone number. Correct it, or leave it out.
sign-theirs = For the customer to fill in
sign-theirs-why = Please hand over the phone.
rating = How was the service?
rating-none = Optional.
rating-of = { $n } of 5: { $word }
rating-1 = very dissatisfied
rating-2 = dissatisfied
rating-3 = neither nor
rating-4 = satisfied
rating-5 = very satisfied
rating-clear = No rating
rating-comment = What else they would like to say
sign-reason-reservation = The reservation, in the customer's words
sign-reason-refused = Why, in the customer's words
sign-reason-nobody = Why nobody was there
sign-what = What is signed is the text that was shown, with the digest
sign-do = Sign off
pad = Signature
pad-open = Tap to sign
pad-hint = A typed name alone is enough for those who cannot draw.
pad-drawn = Signature of { $n } strokes
pad-clear = Clear
pad-done = Done
digest = Digest (SHA-256)
signed-at = Signed at
signed-by = By
signed-reason = Reason
signed-server = Server
signed-sent = On the server
signed-not-sent = Not yet sent
signed-will-be-sent = It is kept on this phone and goes out by itself when there is a network. The receipt follows then.
signed-receipts = Receipts
signed-rating = Rating
code-title = Confirm with a one-time code
code-why = Six digits go to an address that is the signer's own or on the company's list. Who reads them out here confirms the receipt: that says more than a drawing. Optional.
code-later = This needs a network and the receipt, which is not there yet. It can also be done later, here or on the receipt's page.
code-asking = Asking the server …
code-offline = A code needs a network. It can also be done later, here or on the receipt's page.
code-nobody = There is no address that a code could be sent to.
code-to = To whom
code-by-mail = mail to
code-by-sms = text message to
code-not-signer = This is not the address of the person who signed; the confirmation says so.
code-send = Send a code
code-another = Another code
code-sent = A code was sent to { $address } ({ $name }).
code-until = It is valid until { $at }, for five tries.
code-late = It was valid until { $at }. If it is not taken, send another one.
code-spent = It was entered wrongly too often. Send another one.
code-digits = The six digits
code-digits-hint = As they are read out to you.
code-enter = Confirm
code-wait = Another code can be sent in { $time }.
code-confirmed = Confirmed with a code

relief-why = Your colleague opens the app, taps “Join” and scans this. No network is needed; the two records become one.
relief-qr = Code of this visit
relief-text = As text
join-title = Join a visit
join-why = Scan the code on your colleague's phone, or paste it.
join-scan = Scan
join-code = Code
join-do = Join
join-no-camera = The camera cannot be used. Paste the code instead.

settings-look = Appearance
theme = Theme
theme-system = As the phone
theme-light = Light
theme-dark = Dark
size = Size of letters
settings-kept = Kept on this phone
settings-offline = The app itself
settings-offline-yes = starts without a network
settings-offline-no = not kept yet
settings-installed = Installed
settings-storage = Storage
storage-promised = the browser keeps it
storage-refused = the browser may delete it
storage-unknown = the browser does not say
storage-ask = Ask again
settings-phone = This phone
settings-engineer = Engineer
settings-device = Device
settings-key = Key
settings-clock = A browser cannot measure time while the phone sleeps. Timers then go by the phone's clock; if that was changed, the record shows it as far as it can be told.

trouble-offline = The server cannot be reached.
trouble-invalid_credentials = The login or the password is wrong.
trouble-too_many_attempts = Too many attempts. Wait a moment and try again.
trouble-bad_password = The new password is too short, or it is the old one.
trouble-device_revoked = This phone was revoked. What it recorded is kept on the server and set aside; talk to your administrator.
trouble-other_engineer = This phone belongs to { $name }. What they recorded is still on it.
trouble-insecure = { $name } is not encrypted. The app needs an address that begins with https.
trouble-quota = The phone's storage is full. The last entry was not recorded; free some space and try again.
trouble-not_owner = Another tab has taken over. Nothing more is recorded in this one.
trouble-unavailable = The server is too busy or is being restarted.
trouble-photo_unreadable = This is no picture that the browser can read, and no PDF.
trouble-photo_too_large = The file is too large: at most 20 MB.
trouble-carried_for_another = This was recorded by { $name }, who has to log in to deliver it.
trouble-code_wrong = This code is not valid: it is wrong, was entered too late or too often, or another one was sent since.
trouble-no_address = There is no such address on the list any more.
trouble-sms_not_sent = The text message could not be sent. Try again, or send the code by mail.
trouble-blocked = This browser lets the app keep nothing: storage is switched off for it, as with “block all cookies” or in some private windows. Without storage nothing could be recorded. Allow it for this address, or open the app in another browser.
trouble-other = This did not work: { $text } ({ $code })
