//! Signatures of the two clouds that have them, for requests of our own: version 4 of AWS, and the shared key of Azure.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{AZURE_ACCOUNT, AZURE_KEY, Ask, S3_KEY, S3_REGION, S3_SECRET};
use crate::cache::digest::{hexadecimal, of_text};

/// Length of the blocks of SHA-256 in bytes.
const BLOCK_LEN: usize = 64;
/// The version of the protocol of Azure that we speak.
const AZURE_VERSION: &str = "2021-08-06";

/// The headers that a server of S3 wants to see.
pub(super) fn aws(ask: &Ask, host: &str, now: Timestamp) -> Vec<(&'static str, String)> {
    let at = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = now.strftime("%Y%m%d").to_string();
    let body = of_text(&ask.body);
    let signed = "host;x-amz-content-sha256;x-amz-date";
    let request = format!(
        "{}\n{}\n{}\nhost:{host}\nx-amz-content-sha256:{body}\nx-amz-date:{at}\n\n{signed}\n{body}",
        ask.method,
        ask.path(""),
        ask.query_text()
    );
    let scope = format!("{day}/{S3_REGION}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", of_text(&request));
    let key = [&*day, S3_REGION, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{S3_SECRET}").into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec());
    let signature = hexadecimal(&hmac(&key, text.as_bytes()));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={S3_KEY}/{scope}, SignedHeaders={signed}, Signature={signature}");
    vec![("x-amz-date", at), ("x-amz-content-sha256", body), ("authorization", authorization)]
}

/// The headers that Azure wants to see.
pub(super) fn azure(ask: &Ask, now: Timestamp) -> Vec<(&'static str, String)> {
    let at = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let len = if ask.body.is_empty() { String::new() } else { ask.body.len().to_string() };
    let mut query = ask.query.clone();
    query.sort();
    let query: String = query.iter().map(|(name, value)| format!("\n{name}:{value}")).collect();
    // The account stands twice, in the path and before it.
    let resource = ask.path(&format!("/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}"));
    let headers = format!("x-ms-date:{at}\nx-ms-version:{AZURE_VERSION}");
    let text = format!("{}\n\n\n{len}\n\n\n\n\n\n\n\n\n{headers}\n{resource}{query}", ask.method);
    let key = STANDARD.decode(AZURE_KEY).expect("a published key, as text");
    let signature = STANDARD.encode(hmac(&key, text.as_bytes()));
    let authorization = format!("SharedKey {AZURE_ACCOUNT}:{signature}");
    vec![("x-ms-date", at), ("x-ms-version", AZURE_VERSION.to_owned()), ("authorization", authorization)]
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK_LEN];
    if key.len() > BLOCK_LEN {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        let of = |key: &[u8], text: &[u8]| hexadecimal(&hmac(key, text));
        assert_eq!(
            of(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            of(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
