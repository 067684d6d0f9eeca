//! The parser of samples, and clap's own check of the definition.

use super::*;

#[test]
fn the_definition_is_consistent() {
    command().debug_assert();
}

#[test]
fn samples() {
    assert_eq!(parse_sample("100%"), Ok(Sample::All));
    assert_eq!(parse_sample("5%"), Ok(Sample::PerMillion(50_000)));
    assert_eq!(parse_sample("0.5%"), Ok(Sample::PerMillion(5_000)));
    assert_eq!(parse_sample("1/7"), Ok(Sample::Slice { part: 0, of: 7 }));
    assert_eq!(parse_sample("20GB"), Ok(Sample::Bytes(20 << 30)));
    for text in ["", "%", "0%", "101%", "0/7", "8/7", "20", "20XB", "-5%", "1/0", "99999999999TB"] {
        assert!(parse_sample(text).is_err(), "{text}");
    }
}
