//! `ListObjectsV2`: a page of the keys behind a prefix, with what lies deeper summed up or not.

use std::collections::BTreeMap;

use super::{Object, Reply, Seen, percent_encoded, time};
use crate::server::percent_decoded;

pub(super) fn page(objects: &BTreeMap<String, Object>, seen: &Seen, page_len: usize) -> Reply {
    let (prefix, behind) = (seen.query("prefix").unwrap_or(""), seen.query("start-after").unwrap_or(""));
    // Tokens are not keys, so that nobody can take one for the other.
    let token = seen.query("continuation-token").map(percent_decoded);
    let from = token.as_deref().and_then(|token| token.strip_prefix("behind ")).unwrap_or("");
    let url_encoded = seen.query("encoding-type") == Some("url");
    let text = |text: &str| if url_encoded { percent_encoded(text) } else { escaped(text) };
    let mut entries = BTreeMap::new();
    for (key, object) in objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > behind) {
        let folder = seen.query("delimiter").and_then(|delimiter| key.get(prefix.len()..)?.find(delimiter));
        match folder.and_then(|end| key.get(..=prefix.len() + end)) {
            Some(folder) => entries.insert(folder, None),
            None => entries.insert(key.as_str(), Some(object)),
        };
    }
    let wanted = seen.query("max-keys").and_then(|max| max.parse().ok()).unwrap_or(page_len);
    let mut left = entries.iter().filter(|(key, _)| **key > from);
    let shown: Vec<_> = left.by_ref().take(page_len.min(wanted)).collect();
    let last = left.next().and(shown.last()).map(|(key, _)| format!("behind {key}"));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><Prefix>{}</Prefix>\
         <KeyCount>{}</KeyCount><MaxKeys>{page_len}</MaxKeys><IsTruncated>{}</IsTruncated>",
        text(prefix),
        shown.len(),
        last.is_some(),
    );
    if url_encoded {
        xml.push_str("<EncodingType>url</EncodingType>");
    }
    if let Some(token) = last {
        xml += &format!("<NextContinuationToken>{}</NextContinuationToken>", percent_encoded(&token));
    }
    for (key, object) in shown {
        let key = text(key);
        xml += &match object {
            Some(Object { bytes, modified }) => format!(
                "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>&quot;x&quot;</ETag><Size>{}</Size>\
                 <StorageClass>STANDARD</StorageClass><Owner><ID>me</ID></Owner></Contents>",
                time::of_listing(*modified),
                bytes.len(),
            ),
            None => format!("<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"),
        };
    }
    xml.push_str("</ListBucketResult>");
    Reply::ok(xml).header("content-type", "application/xml")
}

/// As XML needs it. Characters that XML cannot hold are written as numbers, as S3 does.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            control if control.is_control() => escaped.push_str(&format!("&#{};", u32::from(control))),
            character => escaped.push(character),
        }
    }
    escaped
}
