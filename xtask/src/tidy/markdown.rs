//! As much of Markdown as the checks need: headings, links, and what a heading is called in a link. Text in fences and
//! between backticks is code, where links and headings do not count.

/// The headings of a document, without their marks and backticks.
pub(super) fn headings(text: &str) -> Vec<String> {
    prose(text)
        .filter_map(|(_, line)| {
            let title = line.trim_start_matches('#');
            let level = line.len() - title.len();
            let is_heading = (1..=6).contains(&level) && title.starts_with(' ');
            is_heading.then(|| title.trim().trim_end_matches('#').trim_end().replace('`', ""))
        })
        .collect()
}

/// What links call the headings of a document: lower case, hyphens for spaces, no punctuation, numbered when repeated.
pub(super) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut slugs: Vec<String> = Vec::new();
    for heading in headings(text) {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase();
        let n_before = slugs.iter().filter(|before| **before == slug).count();
        anchors.push(if n_before == 0 { slug.clone() } else { format!("{slug}-{n_before}") });
        slugs.push(slug);
    }
    anchors
}

/// The targets of all links, inline and by reference, with the numbers of their lines.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let definition = line.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
        let targets = inline.chain(definition.map(|(_, target)| target));
        links.extend(targets.filter_map(|target| {
            // What follows the first blank is a title.
            let target = target.split_whitespace().next()?;
            Some((number, target.trim_matches(['<', '>']).to_owned()))
        }));
    }
    links
}

/// The lines outside fences, with their numbers from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let start = line.trim_start();
        match fence {
            Some(marker) => {
                if start.starts_with(marker) {
                    fence = None;
                }
                None
            }
            None => {
                fence = marker(start);
                fence.is_none().then_some((index + 1, line))
            }
        }
    })
}

/// The three or more backticks or tildes that open a fence.
fn marker(line: &str) -> Option<&str> {
    let first = line.chars().next().filter(|first| matches!(first, '`' | '~'))?;
    let len = line.len() - line.trim_start_matches(first).len();
    (len >= 3).then(|| &line[..len])
}

/// The line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests;
