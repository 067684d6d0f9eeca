//! Prices, and files that have none.

use std::fs;

use super::*;

fn read(text: &str) -> Result<Prices, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    Prices::read(file.path()).map_err(|fault| fault.to_string().replace(&file.path().display().to_string(), "FILE"))
}

#[test]
fn sums() {
    let prices = read(
        "currency = \"USD\"\nstorage-per-gb-month = 0.02\nreads-per-1000 = 0.5\nlists-per-1000 = 5\n\
                       egress-per-gb = 0.1\n",
    )
    .unwrap();
    let is = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
    assert!(is(prices.keep_month(50_000_000_000), 1.0));
    // Ten thousand reads, ten pages, two gigabytes.
    assert!(is(prices.copy_out(10_000, 2_000_000_000), 5.0 + 0.05 + 0.2));
    assert_eq!(prices.delete(1_000_000), None, "nobody said what it costs");
    let prices = Prices { deletes_per_1000: Some(0.25), ..prices };
    assert!(prices.delete(1_000_000).is_some_and(|sum| is(sum, 250.0)));
}

#[test]
fn typos_are_named() {
    let fault = read("currency = \"USD\"\nstorage-per-gb-moth = 0.02\n").unwrap_err();
    assert!(fault.contains("line 2") && fault.contains("storage-per-gb-moth"), "{fault}");
    assert!(read("").unwrap_err().contains("currency"));
    assert!(read("currency = \"USD\"\negress-per-gb = -1\n").unwrap_err().contains("not below zero"));
    assert!(read("currency = \"USD\"\negress-per-gb = nan\n").unwrap_err().contains("not below zero"));
    assert!(Prices::read(Path::new("/nothing/here")).unwrap_err().to_string().starts_with("cannot read /nothing/here"));
}
