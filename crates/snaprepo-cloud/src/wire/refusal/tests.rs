//! Answers of real services, and what they mean.

use super::*;

struct Case {
    provider: Provider,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    has_body: bool,
}

fn case(status: u16, code: &str) -> Case {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>so it is</Message></Error>");
    Case { provider: Provider::S3, status, headers: &[], body, has_body: true }
}

fn refusal(case: &Case) -> Refusal {
    let mut headers = HeaderMap::new();
    for (name, value) in case.headers {
        headers.insert(*name, value.parse().unwrap());
    }
    Refusal::of_answer(&Denial {
        provider: case.provider,
        status: StatusCode::from_u16(case.status).unwrap(),
        headers: &headers,
        body: case.body.as_bytes(),
        region: "us-east-1",
        has_body: case.has_body,
    })
}

fn words(case: &Case) -> String {
    refusal(case).kind.to_string()
}

#[test]
fn codes_of_stores() {
    let cases = [
        (404, "NoSuchKey", "does not exist"),
        (404, "BlobNotFound", "does not exist"),
        (404, "NoSuchBucket", "the bucket or container does not exist"),
        (404, "ContainerNotFound", "the bucket or container does not exist"),
        (403, "AccessDenied", "permission denied"),
        (403, "InvalidObjectState", "is archived (class InvalidObjectState) and cannot be read before it is restored"),
        (409, "BlobArchived", "is archived (class BlobArchived) and cannot be read before it is restored"),
        (400, "ExpiredToken", "the credentials have expired"),
        (403, "RequestTimeTooSkewed", "the clock of this machine is too far from that of the store"),
        (403, "InvalidAccessKeyId", "the store does not accept the credentials (InvalidAccessKeyId)"),
        (404, "InvalidAccessKeyId", "the store does not accept the credentials (InvalidAccessKeyId)"),
        (404, "XAdminUserNotFound", "the store does not accept the credentials (XAdminUserNotFound)"),
        (403, "SignatureDoesNotMatch", "the store does not accept the credentials (SignatureDoesNotMatch)"),
        (400, "UserProjectMissing", "the bucket wants its requests paid by whoever makes them"),
        (412, "PreconditionFailed", "exists already"),
        (409, "BlobAlreadyExists", "exists already"),
        (416, "InvalidRange", "ends before the range that was asked for"),
        (501, "NotImplemented", "the store does not offer this request"),
        (404, "NoSuchUpload", "does not exist"),
        (405, "MethodNotAllowed", "the store refuses with 405 MethodNotAllowed: so it is"),
    ];
    for (status, code, expected) in cases {
        assert_eq!(words(&case(status, code)), expected, "{status} {code}");
        assert_eq!(refusal(&case(status, code)).transient, Transient::Never, "{status} {code}");
    }
}

#[test]
fn what_may_pass_is_tried_again() {
    for (status, code) in
        [(503, "SlowDown"), (429, "TooManyRequests"), (503, "ServerBusy"), (400, "RequestLimitExceeded")]
    {
        assert_eq!(refusal(&case(status, code)).transient, Transient::Throttled, "{code}");
    }
    for (status, code) in
        [(500, "InternalError"), (400, "RequestTimeout"), (502, ""), (409, "ConditionalRequestConflict")]
    {
        assert_eq!(refusal(&case(status, code)).transient, Transient::Again, "{code}");
    }
    let told = Case { headers: &[("retry-after", "7")], ..case(503, "SlowDown") };
    assert_eq!(refusal(&told).retry_after, Some(Duration::from_secs(7)));
}

#[test]
fn classes_regions_and_payers() {
    let body = "<Error><Code>InvalidObjectState</Code><StorageClass>GLACIER</StorageClass></Error>";
    let archived = Case { body: body.to_owned(), ..case(403, "") };
    assert_eq!(words(&archived), "is archived (class GLACIER) and cannot be read before it is restored");
    let told = Case { headers: &[("x-amz-bucket-region", "eu-west-1")], ..case(301, "PermanentRedirect") };
    assert_eq!(words(&told), "the bucket is not in region us-east-1 but in eu-west-1");
    assert_eq!(refusal(&told).region.as_deref(), Some("eu-west-1"));
    let head = Case { body: String::new(), has_body: false, status: 400, ..told };
    assert_eq!(words(&head), "the bucket is not in region us-east-1 but in eu-west-1");
    let same = Case { headers: &[("x-amz-bucket-region", "us-east-1")], ..case(403, "AccessDenied") };
    assert_eq!(words(&same), "permission denied");
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>ap-east-1</Region></Error>";
    let malformed = Case { body: body.to_owned(), ..case(400, "") };
    assert_eq!(words(&malformed), "the bucket is not in region us-east-1 but in ap-east-1");
    let body = "<Error><Code>AccessDenied</Code><Message>This is a Requester Pays bucket</Message></Error>";
    let payer = Case { body: body.to_owned(), ..case(403, "") };
    assert_eq!(words(&payer), "the bucket wants its requests paid by whoever makes them");
}

#[test]
fn a_status_alone_is_no_absence() {
    let page = Case {
        headers: &[("content-type", "text/html; charset=utf-8")],
        body: "<html>no</html>".to_owned(),
        ..case(404, "")
    };
    let nobody = "what answers there is no object store: it sent status 404 and text/html";
    assert_eq!(words(&page), nobody);
    let empty = Case { body: String::new(), ..case(404, "") };
    assert!(words(&empty).starts_with("what answers there is no object store"), "{}", words(&empty));
    let web = Case { provider: Provider::Web, ..page };
    assert_eq!(words(&web), "does not exist");
    let azure = Case {
        provider: Provider::Azure,
        headers: &[("x-ms-error-code", "BlobNotFound")],
        body: String::new(),
        has_body: false,
        ..case(404, "")
    };
    assert_eq!(words(&azure), "does not exist", "an answer to HEAD has its code in a header");
}

#[test]
fn an_expired_signature_of_azure_is_told_from_a_wrong_one() {
    let body = "<Error><Code>AuthenticationFailed</Code><Message>no</Message><AuthenticationErrorDetail>\
        Signature not valid in the specified time frame</AuthenticationErrorDetail></Error>";
    let expired = Case { provider: Provider::Azure, body: body.to_owned(), ..case(403, "") };
    assert_eq!(words(&expired), "the credentials have expired");
    let wrong = Case { provider: Provider::Azure, ..case(403, "AuthenticationFailed") };
    assert_eq!(words(&wrong), "the store does not accept the credentials (AuthenticationFailed)");
}

#[test]
fn the_words_of_strangers_are_short_and_on_one_line() {
    let body = format!("<Error><Code>Odd</Code><Message>first\nsecond\u{7}{}</Message></Error>", "x".repeat(1000));
    let odd = Case { body, ..case(418, "") };
    assert_eq!(words(&odd), "the store refuses with 418 Odd: first");
}
