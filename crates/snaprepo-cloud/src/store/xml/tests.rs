//! Documents of stores, good and bad.

use super::*;

const WANTED: Wanted = Wanted { records: &["Contents"], fields: &["Key", "Name", "Token"] };

#[test]
fn fields_and_records() {
    let xml = b"<?xml version=\"1.0\"?><a:List xmlns:a=\"x\"><Token>t&amp;&#x31;</Token><Name/><Contents><Key>one</Key><Owner><Key>no\
        </Key></Owner><Skip>s</Skip></Contents><Contents><Key> two </Key></Contents></a:List>";
    let mut document = parse(xml, &WANTED).unwrap();
    assert_eq!(document.root, "List");
    assert_eq!(document.fields.get("Token"), Some("t&1"));
    assert_eq!(document.fields.take("Name").as_deref(), Some(""));
    assert_eq!(document.records.len(), 2);
    assert_eq!(document.records[0].fields.get("Key"), Some("one"), "the first of a name");
    assert_eq!(document.records[1].fields.get("Key"), Some(" two "), "spaces belong to keys");
}

#[test]
fn encoded_names() {
    let xml = b"<L><Contents><Name Encoded=\"true\">a%20%01b</Name></Contents></L>";
    assert_eq!(parse(xml, &WANTED).unwrap().records[0].fields.get("Name"), Some("a \u{1}b"));
}

#[test]
fn what_is_cut_off_or_broken_is_an_error() {
    let bad: [&[u8]; 7] = [
        b"",
        b"plain text",
        b"<L><Contents><Key>a</Key>",
        b"<L><Contents></L>",
        b"<L></L><L></L>",
        b"<L>&unknown;</L>",
        b"<L><Contents><Name Encoded=\"true\">%ff</Name></Contents></L>",
    ];
    for xml in bad {
        assert!(parse(xml, &WANTED).is_err(), "{}", String::from_utf8_lossy(xml));
    }
    let deep = "<L>".repeat(100) + &"</L>".repeat(100);
    assert_eq!(parse(deep.as_bytes(), &WANTED), Err("it is nested too deeply".to_owned()));
}

#[test]
fn errors_of_stores() {
    let error = error_document(b"<Error><Code>C</Code><Message>m</Message><Region>r</Region></Error>").unwrap();
    let expected =
        ErrorDocument { code: Some("C".into()), message: Some("m".into()), region: Some("r".into()), class: None };
    assert_eq!(error, expected);
    assert_eq!(error_document(b"<html><body>no</body></html>"), None);
    assert_eq!(error_document(b"no"), None);
}
