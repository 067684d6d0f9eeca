//! How values look: sizes, times, tables.

pub(crate) mod page;
pub(crate) mod table;
pub(crate) mod units;
