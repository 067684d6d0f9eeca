//! Evaluates SPDX licence expressions: `AND` binds closer than `OR`, `WITH` belongs to the name before it, and `/` is
//! the `OR` of old manifests.

use std::fmt;

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SpdxFault {
    /// A name or `(` had to follow.
    NoLicence {
        /// What stands there, or nothing at the end.
        found: Option<String>,
    },
    /// A `(` is not closed.
    NotClosed,
    /// Something follows a complete expression.
    Trailing {
        /// What stands there.
        found: String,
    },
}

impl fmt::Display for SpdxFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLicence { found: Some(found) } => write!(f, "expected a licence, found `{found}`"),
            Self::NoLicence { found: None } => write!(f, "expected a licence, found the end"),
            Self::NotClosed => write!(f, "a parenthesis is not closed"),
            Self::Trailing { found } => write!(f, "expected the end, found `{found}`"),
        }
    }
}

/// Whether the expression can be satisfied with licences that are `allowed`. A licence with an exception is asked for as
/// one name, `A WITH b`.
pub(super) fn holds(expression: &str, allowed: impl Fn(&str) -> bool) -> Result<bool, SpdxFault> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " / ");
    let mut words = Words { words: spaced.split_whitespace().collect(), pos: 0 };
    let holds = any_of(&mut words, &allowed)?;
    match words.take() {
        None => Ok(holds),
        Some(found) => Err(SpdxFault::Trailing { found: found.to_owned() }),
    }
}

struct Words<'a> {
    words: Vec<&'a str>,
    pos: usize,
}

impl<'a> Words<'a> {
    fn take(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.pos).copied();
        self.pos += 1;
        word
    }

    fn take_if(&mut self, wanted: &[&str]) -> bool {
        let found = self.words.get(self.pos).is_some_and(|word| wanted.contains(word));
        self.pos += usize::from(found);
        found
    }
}

// Operands are evaluated even when the result is known: they are read by it.
fn any_of(words: &mut Words<'_>, allowed: &impl Fn(&str) -> bool) -> Result<bool, SpdxFault> {
    let mut holds = all_of(words, allowed)?;
    while words.take_if(&["OR", "/"]) {
        holds |= all_of(words, allowed)?;
    }
    Ok(holds)
}

fn all_of(words: &mut Words<'_>, allowed: &impl Fn(&str) -> bool) -> Result<bool, SpdxFault> {
    let mut holds = one(words, allowed)?;
    while words.take_if(&["AND"]) {
        holds &= one(words, allowed)?;
    }
    Ok(holds)
}

fn one(words: &mut Words<'_>, allowed: &impl Fn(&str) -> bool) -> Result<bool, SpdxFault> {
    if words.take_if(&["("]) {
        let holds = any_of(words, allowed)?;
        return if words.take_if(&[")"]) { Ok(holds) } else { Err(SpdxFault::NotClosed) };
    }
    let name = name(words)?;
    if words.take_if(&["WITH"]) {
        Ok(allowed(&format!("{name} WITH {}", self::name(words)?)))
    } else {
        Ok(allowed(name))
    }
}

fn name<'a>(words: &mut Words<'a>) -> Result<&'a str, SpdxFault> {
    match words.take() {
        Some("(" | ")" | "/" | "AND" | "OR" | "WITH") | None => {
            words.pos -= 1;
            Err(SpdxFault::NoLicence { found: words.take().map(str::to_owned) })
        }
        Some(name) => Ok(name),
    }
}

#[cfg(test)]
mod tests;
