# The hospital's page beyond the receipt itself: disputes, answers, ratings, confirmations; and the mails about them.

notice-dispute-subject = Disputed: receipt { $number } – { $customer }
notice-dispute-answer = Answer it in the console; the answer then stands on the receipt's page. Dispute { $id }.

app-not-built-title = The app is not built
app-not-built = This server runs without the engineers' app. Build it with “cargo xtask app”, or name the folder that holds it with app_dir.

page-name = Name
page-role = Position
page-optional = (may be left empty)
page-reason = What is not right, and why
page-remark = Remark
page-comment = Comment
page-stars = How was the service?
page-stars-of = { $n } of 5
page-file = The file (JSON or PDF)
page-anonymous = no name given

page-do = What you can do here
page-do-dispute = Dispute this receipt
page-do-confirmation = Confirm as a second person
page-do-rating = Rate the service
page-do-verify = Check a file
page-explain-dispute = The service manager is told at once, and answers on this page. What you write stays here with its answer.
page-explain-confirmation = Who did not sign can confirm here that the record is right. This is a note with your name, not a signature: whoever has the link can write one.
page-explain-rating = Your word reaches the company. It stays on this page.
page-explain-verify = Is a receipt that somebody gave you ours, and unchanged? The file is checked and not kept.
page-send-dispute = Send the dispute
page-send-confirmation = Confirm
page-send-rating = Send the rating
page-send-verify = Check the file
page-done-dispute = Your dispute has been received. The service manager has been told, and will answer on this page.
page-done-confirmation = Your confirmation has been received.
page-done-rating = Thank you. Your rating has been received.

page-said = What was said about this visit
page-said-dispute = Dispute
page-said-answer = Answer
page-said-rating = Rating
page-rated-sign_off = given at sign-off
page-rated-page = given on this page
page-said-confirmation = Confirmation
page-unanswered = Not answered yet.
page-resolution-corrected = The record will be corrected; the correction needs a new signature.
page-resolution-explained = The record stands, for this reason:
page-resolution-rejected = The company does not agree, for this reason:

page-requests = Open requests of this hospital
page-open-disputes = Disputes that are not answered yet
page-open-orders = Work orders that are still open

page-needs-name = Please say who you are: the name is missing.
page-needs-role = Please say what your position is.
page-needs-reason = Please say what is not right: the reason is missing.
page-needs-stars = Please choose one of the five answers.
page-too-long = That is too long: a name may have 100 characters, a text 2000.
page-full = So much has been said on this page that it takes no more. Please talk to the service manager.
page-stranger = This form did not come from this page, or is out of date. Please fill it in again.
page-no-file = There was no file, or it has more than 8 MB.

page-file-same = This file is this receipt: { $number }, revision { $revision }. It is ours and was not changed.
page-file-other = This file is another receipt of ours: { $number }, revision { $revision }. It was not changed.
page-file-current = It is the last receipt of its visit.
page-file-later = The visit has a later receipt: { $number }. The one in the file says what was signed then.
page-file-broken = This file does NOT hold: it was changed, or somebody else issued it ({ $code }).
page-file-nothing = This file is no receipt that can be read.

page-download-proof = Proof that it is in the log (JSON)
page-download-head = Head of the log (JSON)
page-log-holds = Checked just now: it is no. { $place } of the { $size } receipts in the published log whose head was signed for { $day } (UTC). Its root: { $root }
page-log-later = It enters the published log when the day (UTC) is over. From then on nobody can exchange it or leave it out unnoticed.
page-log-broken = The published log does NOT confirm this receipt ({ $code }). Please keep this page and ask the company.
page-file-logged = It is in the published log, under the head of { $day } (UTC).

page-do-code = Confirm with a one-time code
page-do-entered = Enter the code
page-explain-code = A stronger confirmation than a signature drawn on somebody else’s phone: a code of six digits goes to an address that the company has on its list, and is entered here. Who confirms says that the receipt on this page is right.
page-explain-entered = The code went { $how }. It can be entered until { $until }, at most five times.
page-send-code = Send the code
page-send-entered = Confirm with this code
page-code = The code (six digits)
page-code-to = Where should the code go?
page-done-code = The code is on its way. Please enter it below.
page-done-entered = The receipt was confirmed with the code.
page-code-wrong = This code is not valid: it is wrong, was entered too late or too often, or another one was sent since.
page-code-whom = Please choose where the code should go.
page-code-unsent = The text message could not be sent. Please try again later, or choose another way.
page-code-wait = Codes were asked for too often. Please wait a little before asking for another one.
page-coded-page = Confirmed with a one-time code, which went { $how } and was entered on this page.
page-coded-company = Confirmed with a one-time code, which went { $how } and was read to the company.
page-coded-from-sign_off = The address was typed on the engineer's phone at sign-off, and is covered by that phone's signature.
page-download-confirmation = Signed file (JSON)
code-by-mail = by mail to { $address }
code-by-sms = by text message to { $address }
code-from-sign_off = as told at sign-off
code-message = Code { $code } to confirm service receipt { $number }. Valid for 10 minutes. Tell nobody but the engineer who is with you.
code-subject = Your code for service receipt { $number }
code-mail = Somebody wants to confirm service receipt { $number } with a code that goes to you:
code-mail-valid = Enter it on the receipt’s page, or read it to the engineer who is with you. Whoever has it confirms the receipt in your name. It is valid for 10 minutes.
code-mail-stranger = If you know nothing of this, do nothing, and tell nobody the code.

page-until = This link opens this page until { $until }. Whoever has it can read the receipt.
page-gone-title = There is nothing here
page-gone = This link is not valid, or is valid no longer. Please ask the company's service manager to send the receipt again.
page-slow-title = Too many attempts
page-slow = Too many links that lead nowhere were tried from your network. Please try again in a quarter of an hour.
