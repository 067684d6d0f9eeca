//! What is printed: small tables of fixed width, with the bound and the verdict behind each number that has one.

use super::rounds::Measured;

/// Everything that was printed so far, as far as the end of the task needs it.
#[derive(Default)]
pub(super) struct Tables {
    n_missed: usize,
}

/// What a number has to reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtMost(pub(super) f64);

impl Tables {
    /// Starts a table.
    pub(super) fn title(&self, title: &str) {
        println!("\n{title:<52} {:>9} {:>9}   bound", "median", "least");
    }

    /// A ratio; judged by the medians.
    pub(super) fn ratio(&mut self, ours: &Measured, theirs: &Measured, bound: Option<AtMost>) {
        let (median, least) = (ours.median() / theirs.median(), ours.least() / theirs.least());
        self.line(&format!("{} / {}", ours.name, theirs.name), [median, least], "", bound);
    }

    /// A number with its unit; judged by the median.
    pub(super) fn number(&mut self, of: &Measured, unit: &str, bound: Option<AtMost>) {
        self.line(&of.name, [of.median(), of.least()], &format!(" {unit}"), bound);
    }

    fn line(&mut self, what: &str, numbers: [f64; 2], unit: &str, bound: Option<AtMost>) {
        let [median, least] = numbers.map(|number| format!("{}{unit}", rounded(number)));
        let verdict = bound.map_or(String::new(), |AtMost(most)| {
            let holds = numbers[0] <= most;
            self.n_missed += usize::from(!holds);
            format!("<= {}{unit}  {}", rounded(most), if holds { "ok" } else { "MISSED" })
        });
        println!("{}", format!("  {what:<50} {median:>9} {least:>9}   {verdict}").trim_end());
    }

    /// Bounds that were missed.
    pub(super) fn n_missed(&self) -> usize {
        self.n_missed
    }
}

/// Three digits or more.
fn rounded(number: f64) -> String {
    if number < 100.0 { format!("{number:.2}") } else { format!("{number:.0}") }
}
