//! What keeping, deleting and copying costs, from a file of prices: nobody else knows what somebody pays.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toml_file;

/// Bytes of the gigabyte that clouds bill by.
const GIGABYTE: f64 = 1e9;
const THOUSAND: f64 = 1e3;

/// Prices, all in one currency. What is left out costs nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Prices {
    /// How the currency is written, such as `USD`.
    pub currency: String,
    /// Keeping a gigabyte (1,000,000,000 bytes) for a month.
    #[serde(default)]
    pub storage_per_gb_month: f64,
    /// A thousand reads.
    #[serde(default)]
    pub reads_per_1000: f64,
    /// A thousand pages of a listing.
    #[serde(default)]
    pub lists_per_1000: f64,
    /// A thousand deletions; most clouds ask nothing for them. Left out, nothing is said about deleting.
    pub deletes_per_1000: Option<f64>,
    /// Taking a gigabyte out.
    #[serde(default)]
    pub egress_per_gb: f64,
}

/// Why prices cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PricesFault {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// It is no price file; the parser names the line.
    #[error("{}: {message}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

/// What something costs, in the currency of the file.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Cost {
    /// How the currency is written.
    pub currency: String,
    /// Keeping everything for a month.
    pub keep_month: f64,
    /// Reading every blob once, and taking it out.
    pub copy_out: f64,
    /// With `--free` and a price of deletions: what deleting the blobs costs at once, without the reads and writes that
    /// go with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<f64>,
    /// With `--free`: what it saves a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_month: Option<f64>,
}

impl Prices {
    /// Reads a price file.
    pub(crate) fn read(path: &Path) -> Result<Self, PricesFault> {
        let failed = |source| PricesFault::File { path: path.to_owned(), source };
        let bad = |message| PricesFault::Content { path: path.to_owned(), message };
        let prices: Self = toml_file::parse(&toml_file::read(path).map_err(failed)?).map_err(bad)?;
        let Self { storage_per_gb_month, reads_per_1000, lists_per_1000, deletes_per_1000, egress_per_gb, .. } = prices;
        let deletes_per_1000 = deletes_per_1000.unwrap_or_default();
        let all = [storage_per_gb_month, reads_per_1000, lists_per_1000, deletes_per_1000, egress_per_gb];
        if all.iter().any(|price| !price.is_finite() || *price < 0.0) {
            return Err(bad("a price is a number, and not below zero".to_owned()));
        }
        Ok(prices)
    }

    /// What keeping so many bytes for a month costs.
    pub(crate) fn keep_month(&self, bytes: u64) -> f64 {
        gigabytes(bytes) * self.storage_per_gb_month
    }

    /// What reading so many blobs of so many bytes, and taking them out, costs. Pages of a listing hold a thousand.
    pub(crate) fn copy_out(&self, n_blobs: u64, bytes: u64) -> f64 {
        let thousands = number(n_blobs) / THOUSAND;
        thousands * self.reads_per_1000
            + thousands.ceil() / THOUSAND * self.lists_per_1000
            + gigabytes(bytes) * self.egress_per_gb
    }

    /// What deleting so many blobs costs, where that is known.
    pub(crate) fn delete(&self, n_blobs: u64) -> Option<f64> {
        self.deletes_per_1000.map(|price| number(n_blobs) / THOUSAND * price)
    }
}

fn gigabytes(bytes: u64) -> f64 {
    number(bytes) / GIGABYTE
}

/// Money is rounded anyway.
#[expect(clippy::cast_precision_loss, reason = "prices have fewer digits than this loses")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
