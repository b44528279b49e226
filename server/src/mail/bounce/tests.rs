use super::*;

/// As Postfix writes it.
const POSTFIX: &str = "From: MAILER-DAEMON@mail.example\r\nTo: countersign@company.example\r\n\
Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=\"A/B\"\r\n\r\n\
--A/B\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nI'm sorry.\r\n\r\n\
--A/B\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; mail.example\r\nX-Postfix-Queue-ID: 4F2B\r\nArrival-Date: Mon, 23 Nov 2026 08:00:00 +0800 (CST)\r\n\r\n\
Final-Recipient: rfc822; liu@hospital.example\r\nOriginal-Recipient: rfc822;Liu@hospital.example\r\nAction: failed\r\n\
Status: 5.1.1\r\nRemote-MTA: dns; mx.hospital.example\r\nDiagnostic-Code: smtp; 550 5.1.1 <liu@hospital.example>:\r\n    \
Recipient address rejected: User unknown\r\n\r\n\
--A/B\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n\
From: countersign@company.example\r\nTo: liu@hospital.example\r\nMessage-ID: <5@service.example>\r\nSubject: x\r\n\r\nbody\r\n\
--A/B--\r\n";

#[test]
fn a_report_says_which_mail_and_why() {
    let read = read(POSTFIX.as_bytes()).unwrap();
    assert_eq!(read.message_id, "5@service.example");
    assert_eq!(read.fates.len(), 1);
    let fate = &read.fates[0];
    assert!(fate.failed);
    assert_eq!((fate.recipient.as_str(), fate.status.as_str()), ("Liu@hospital.example", "5.1.1"));
    assert_eq!(fate.told(), "5.1.1 550 5.1.1 <liu@hospital.example>: Recipient address rejected: User unknown");
}

#[test]
fn headers_alone_and_answers_are_enough() {
    let headers = POSTFIX.replace("message/rfc822", "text/rfc822-headers").replace("\r\n\r\nbody\r\n", "\r\n");
    assert_eq!(read(headers.as_bytes()).unwrap().message_id, "5@service.example");
    let nothing = POSTFIX.split("--A/B\r\nContent-Description: Undelivered").next().unwrap().to_owned() + "--A/B--\r\n";
    assert_eq!(read(nothing.as_bytes()), Err(BounceError::NoOriginal));
    let answering = format!("In-Reply-To: <7@service.example>\r\n{nothing}");
    assert_eq!(read(answering.as_bytes()).unwrap().message_id, "7@service.example");
    let referring = format!("References: <1@x> <8@service.example>\r\n{nothing}");
    assert_eq!(read(referring.as_bytes()).unwrap().message_id, "8@service.example");
}

#[test]
fn a_delay_is_no_failure() {
    let delayed = POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1");
    let read = read(delayed.as_bytes()).unwrap();
    assert!(!read.fates[0].failed);
    assert_eq!((read.fates[0].action.as_str(), read.fates[0].status.as_str()), ("delayed", "4.4.1"));
}

#[test]
fn other_mails_are_told_apart() {
    for other in [
        "",
        "\0\0\0",
        "Subject: Re: Service receipt\r\nIn-Reply-To: <5@service.example>\r\n\r\nThank you.",
        "Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.",
        "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--x--",
    ] {
        assert_eq!(read(other.as_bytes()), Err(BounceError::NoReport), "{other:?}");
    }
}

#[test]
fn cut_anywhere_it_is_read_or_refused() {
    for end in 0..POSTFIX.len() {
        let _ = read(&POSTFIX.as_bytes()[..end]);
    }
    let many = "Final-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n".repeat(10_000);
    let many = POSTFIX.replace("Final-Recipient: rfc822; liu", &format!("{many}Final-Recipient: rfc822; liu"));
    assert!(read(many.as_bytes()).unwrap().fates.len() <= MOST_RECIPIENTS);
}
