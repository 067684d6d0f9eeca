//! Base 36 as the engines use it: digits `0-9a-z`, lower case, no sign, no leading zeros
//! (`docs/format.md`, *Shard snapshot*: the `checksum` of a file; Lucene generations in file names).

/// Writes a number in base 36.
#[must_use]
pub fn encode(mut number: u64) -> String {
    let mut digits = Vec::with_capacity(13);
    loop {
        let digit = u8::try_from(number % 36).unwrap_or(0);
        digits.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().collect()
}

/// Reads a number in base 36; `None` for anything that [`encode`] would not have written.
#[must_use]
pub fn decode(text: &str) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        number.checked_mul(36)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests;
