# The hospital's page beyond the receipt itself: disputes, answers, ratings, confirmations; and the mails about them.

notice-dispute-subject = Disputed: receipt { $number } – { $customer }
notice-dispute-answer = Answer it in the console; the answer then stands on the receipt's page. Dispute { $id }.

page-name = Name
page-role = Position
