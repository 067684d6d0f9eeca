//! The bucket, spoken to without any client.

use std::io::{Read as _, Write as _};

use super::*;

fn asked(bucket: &Bucket, method: &str, target: &str, header: &str) -> String {
    let address = bucket.server.url().replace("http://", "");
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "{method} {target} HTTP/1.1\r\n{header}\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn keys(page: &str) -> Vec<String> {
    let of = |tag: &str| -> Vec<String> {
        let tag = format!("<{tag}><");
        let parts = page.split(&tag).skip(1);
        parts.map(|part| part.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
    };
    of("Contents").into_iter().chain(of("CommonPrefixes")).collect()
}

#[test]
fn pages_end_where_they_should() {
    let bucket = Bucket::start().pages_of(2);
    for key in ["a", "b/1", "b/2", "b&<c>", "d"] {
        bucket.put(key, "x");
    }
    let all = asked(&bucket, "GET", "/bucket?max-keys=100", "");
    assert_eq!(keys(&all), ["a", "b&amp;&lt;c&gt;"], "{all}");
    assert!(all.contains("<IsTruncated>true</IsTruncated>"), "{all}");
    let token = all.split("NextContinuationToken>").nth(1).unwrap().trim_end_matches("</");
    let next = asked(&bucket, "GET", &format!("/bucket?continuation-token={}", percent_encoded(token)), "");
    assert_eq!(keys(&next), ["b/1", "b/2"], "{next}");
    let folders = asked(&bucket, "GET", "/bucket?delimiter=/&encoding-type=url&start-after=b%26", "");
    assert_eq!(keys(&folders), ["b%26%3Cc%3E", "b%2F"], "{folders}");
    let last = asked(&bucket, "GET", "/bucket?prefix=b/&start-after=b/1", "");
    assert_eq!(keys(&last), ["b/2"], "{last}");
    assert!(last.contains("<IsTruncated>false</IsTruncated>"), "{last}");
}

#[test]
fn heads_and_ranges() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sub/empty")).unwrap();
    fs::write(folder.path().join("sub/blob"), "0123456789").unwrap();
    let bucket = Bucket::of_folder(folder.path(), "base/");
    assert_eq!(bucket.keys(), ["base/sub/blob"]);
    let head = asked(&bucket, "HEAD", "/bucket/base/sub/blob", "");
    assert!(head.contains("content-length: 10\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let part = asked(&bucket, "GET", "/bucket/base/sub/blob", "range: bytes=4-6\r\n");
    assert!(part.contains("content-range: bytes 4-6/10\r\n") && part.ends_with("\r\n\r\n456"), "{part}");
    assert!(asked(&bucket, "GET", "/bucket/none", "").contains("NoSuchKey"));
    assert!(asked(&bucket, "GET", "/other/none", "").contains("NoSuchBucket"));
}

#[test]
fn instants() {
    assert_eq!(time::of_listing(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(time::of_listing(951_782_399), "2000-02-28T23:59:59.000Z");
    assert_eq!(time::of_listing(951_868_799), "2000-02-29T23:59:59.000Z");
    assert_eq!(time::of_listing(WRITTEN), "2026-11-21T10:00:00.000Z");
    assert_eq!(time::of_header(WRITTEN), "Sat, 21 Nov 2026 10:00:00 GMT");
    assert_eq!(time::of_header(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}
