//! Tables that fit the terminal.

use unicode_width::UnicodeWidthStr as _;

use super::units::clean;

/// Between two columns.
const GAP: usize = 2;
/// A column that gives way to others is never narrower than this.
const MIN_FLEXIBLE: usize = 12;

/// How a column is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
    /// Text that may be cut when the terminal is narrow.
    Flexible,
}

/// Rows under headings.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    /// Columns at the end that are left out when the terminal is too narrow for them.
    n_optional: usize,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub(crate) fn new<const N: usize>(columns: [(&str, Align); N]) -> Self {
        Self::of(&columns)
    }

    /// A table with as many columns as are asked for.
    #[must_use]
    pub(crate) fn of(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect();
        Self { columns, rows: Vec::new(), n_optional: 0 }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn cells(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| clean(&cell)).collect());
    }

    /// Lets the last `n` columns go when the terminal is too narrow for them.
    #[must_use]
    pub(crate) fn optional(mut self, n: usize) -> Self {
        self.n_optional = n;
        self
    }

    /// Takes a column away.
    #[must_use]
    pub(crate) fn without(mut self, column: &str) -> Self {
        if let Some(at) = self.columns.iter().position(|(name, _)| name == column) {
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        self
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.cells(cells);
    }

    /// Writes the table; no line is wider than `width` unless the columns that may not be cut need it.
    #[must_use]
    pub(crate) fn render(&self, width: usize) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|(name, _)| name.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        self.squeeze(&mut widths, width);
        let mut text = String::new();
        let headings: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let start = text.len();
            for ((cell, width), (_, align)) in row.iter().zip(&widths).zip(&self.columns) {
                if text.len() > start {
                    text.push_str("  ");
                }
                let cell = cut(cell, *width);
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Right => text.extend([pad.as_str(), &cell]),
                    Align::Left | Align::Flexible => text.extend([cell.as_str(), &pad]),
                }
            }
            text.truncate(start + text[start..].trim_end().len());
            text.push('\n');
        }
        text
    }

    /// Takes what is too much from the widest of the columns that may be cut; then leaves optional columns out.
    fn squeeze(&self, widths: &mut Vec<usize>, width: usize) {
        let fewest = self.columns.len().saturating_sub(self.n_optional);
        let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        while total(widths) > width {
            let flexible = widths.iter_mut().zip(&self.columns).filter(|(_, (_, align))| *align == Align::Flexible);
            let widest = flexible.map(|(width, _)| width).max().filter(|widest| **widest > MIN_FLEXIBLE);
            if let Some(widest) = widest {
                *widest -= 1;
            } else if widths.len() > fewest {
                widths.pop();
            } else {
                return;
            }
        }
    }
}

/// Cuts a text to a width, with a mark at the end.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if kept.width() + c.to_string().width() + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests;
