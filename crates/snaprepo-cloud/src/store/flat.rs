//! Everything behind a prefix, in the order of the keys. A short listing is one after the other: each page says where
//! the next begins. A long one is cut into ranges of keys that are listed at once, and still handed out in their order.
//!
//! Where to cut is asked of the store, as names of folders; nothing rests on them but the pace. Each range begins
//! behind the last key of the one before it, so that together they are the listing whatever the folders are.

use std::collections::VecDeque;

use tokio::sync::mpsc::{self, Receiver, Sender};

use super::pages::{Depth, Page, Pages, Range};
use crate::{
    location::Provider,
    wire::{Client, Refusal},
};

/// Keys after which a listing counts as long: below it, looking for cuts costs more than it saves.
const LONG: u64 = 10_000;
/// Ranges that are listed at once.
const RANGES_AT_ONCE: usize = 8;
/// Pages that a range may be ahead of whoever looks at them. With [`RANGES_AT_ONCE`], and two pages that each range has in
/// its hands, this bounds what is held: 48,000 keys, each with its size and time.
const PAGES_AHEAD: usize = 4;
/// Keys that a range should have: a few pages, so that the one at its end that is not full weighs little.
const KEYS_OF_RANGE: u64 = 4_000;
/// Most folders of a range.
const MAX_FOLDERS: u64 = 10_000;

/// A listing under way.
pub(crate) struct Flat {
    client: Client,
    prefix: String,
    head: Pages,
    /// Keys so far, and how many folders two levels down they filled.
    n_keys: u64,
    n_folders: u64,
    last_key: String,
    /// Whether it may still be cut.
    may_cut: bool,
    ahead: Option<Ahead>,
}

/// The ranges behind the first one.
struct Ahead {
    marks: Marks,
    /// Where the last range ends that has begun; `None` when that is the end of the listing.
    cut: Option<String>,
    ranges: VecDeque<Ranged>,
}

/// A range under way.
struct Ranged {
    pages: Receiver<Result<Page, Refusal>>,
    n_folders: u64,
}

/// Names of folders two levels below a prefix, and then one level below, from some key on: cheap to list, and close
/// enough to each other.
struct Marks {
    inner: Option<Pages>,
    outer: Option<Pages>,
    behind: String,
    found: VecDeque<String>,
}

impl Flat {
    pub(crate) fn new(client: &Client, prefix: &str) -> Self {
        Self {
            client: client.clone(),
            prefix: prefix.to_owned(),
            head: Pages::new(client, prefix, Depth::All),
            n_keys: 0,
            n_folders: 0,
            last_key: String::new(),
            // The listings of Azure begin nowhere but at their start.
            may_cut: client.service().provider != Provider::Azure,
            ahead: None,
        }
    }

    /// The next page; `None` behind the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>, Refusal> {
        if let Some(page) = self.head.next().await? {
            self.look_at(&page);
            if self.may_cut && self.n_keys >= LONG && self.head.has_more() {
                self.may_cut = false;
                self.cut().await?;
            }
            return Ok(Some(page));
        }
        let Some(ahead) = &mut self.ahead else { return Ok(None) };
        while let Some(range) = ahead.ranges.front_mut() {
            match range.pages.recv().await {
                Some(page) => {
                    let page = page?;
                    self.n_keys += page.objects.len() as u64;
                    return Ok(Some(page));
                }
                None => {
                    self.n_folders += range.n_folders;
                    ahead.ranges.pop_front();
                    ahead.fill(&self.client, &self.prefix, self.n_keys / self.n_folders.max(1)).await?;
                }
            }
        }
        Ok(None)
    }

    /// Counts keys and folders. Stores that list in another order cannot be cut.
    fn look_at(&mut self, page: &Page) {
        for object in &page.objects {
            if object.key <= self.last_key {
                self.may_cut = false;
            }
            if folder(&object.key, &self.prefix, 2) != folder(&self.last_key, &self.prefix, 2) {
                self.n_folders += 1;
            }
            self.last_key.clone_from(&object.key);
        }
        self.n_keys += page.objects.len() as u64;
    }

    /// Ends what is under way at the next mark, and begins the ranges behind it. All goes on as before where there is no
    /// mark, and where the store does not begin a listing behind the key that it is given.
    async fn cut(&mut self) -> Result<(), Refusal> {
        let mut marks = Marks::behind(&self.client, &self.prefix, &self.last_key);
        let Some(first) = marks.next().await? else { return Ok(()) };
        if !Pages::begin_behind(&self.client, &self.prefix, &first).await? {
            return Ok(());
        }
        self.head.end_at(&first);
        let mut ahead = Ahead { marks, cut: Some(first), ranges: VecDeque::new() };
        ahead.fill(&self.client, &self.prefix, self.n_keys / self.n_folders.max(1)).await?;
        self.ahead = Some(ahead);
        Ok(())
    }
}

impl Ahead {
    /// Begins ranges until there are as many as may be.
    async fn fill(&mut self, client: &Client, prefix: &str, keys_of_folder: u64) -> Result<(), Refusal> {
        let wanted = (KEYS_OF_RANGE / keys_of_folder.max(1)).clamp(1, MAX_FOLDERS);
        while self.ranges.len() < RANGES_AT_ONCE {
            let Some(start) = self.cut.take() else { return Ok(()) };
            let mut n_folders = 0;
            while n_folders < wanted {
                match self.marks.next().await? {
                    Some(mark) => self.cut = Some(mark),
                    None => {
                        self.cut = None;
                        break;
                    }
                }
                n_folders += 1;
            }
            let pages = Pages::ranged(client, prefix, Range { start, end: self.cut.clone() });
            let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
            tokio::spawn(send(pages, sender));
            self.ranges.push_back(Ranged { pages: receiver, n_folders: n_folders.max(1) });
        }
        Ok(())
    }
}

/// Lists a range, until nobody looks at it any more.
async fn send(mut pages: Pages, sender: Sender<Result<Page, Refusal>>) {
    loop {
        let (page, is_last) = match pages.next().await {
            Ok(Some(page)) => (Ok(page), false),
            Ok(None) => return,
            Err(refusal) => (Err(refusal), true),
        };
        if sender.send(page).await.is_err() || is_last {
            return;
        }
    }
}

impl Marks {
    fn behind(client: &Client, prefix: &str, key: &str) -> Self {
        let listed = |prefix: &str| {
            let mut pages = Pages::new(client, prefix, Depth::Folder);
            pages.start_behind(key);
            pages
        };
        Self {
            inner: folder(key, prefix, 1).map(listed),
            outer: Some(listed(prefix)),
            behind: key.to_owned(),
            found: VecDeque::new(),
        }
    }

    /// The next folder behind all that came before.
    async fn next(&mut self) -> Result<Option<String>, Refusal> {
        loop {
            while let Some(mark) = self.found.pop_front() {
                if mark > self.behind {
                    self.behind.clone_from(&mark);
                    return Ok(Some(mark));
                }
            }
            let pages = if self.inner.is_some() { &mut self.inner } else { &mut self.outer };
            let Some(under_way) = pages else { return Ok(None) };
            match under_way.next().await? {
                Some(page) => self.found.extend(page.folders),
                None => *pages = None,
            }
        }
    }
}

/// The folder so many levels below a prefix that a key lies in, with its slash.
fn folder<'k>(key: &'k str, prefix: &str, levels: usize) -> Option<&'k str> {
    let rest = key.strip_prefix(prefix)?;
    let (end, _) = rest.match_indices('/').nth(levels - 1)?;
    key.get(..=prefix.len() + end)
}

#[cfg(test)]
mod tests;
