//! Every text of a root once, by number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Number of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TextId(u32);

impl TextId {
    pub(super) fn position(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The texts, end to end in one string.
#[derive(Default)]
pub(super) struct Texts {
    arena: String,
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// The number of a text; a new one if it was not seen before.
    pub(super) fn intern(&mut self, text: &str) -> TextId {
        let hash = self.hasher.hash_one(text);
        let same = |id: &u32| slice(&self.arena, &self.ends, *id) == text;
        if let Some(id) = self.table.find(hash, same) {
            return TextId(*id);
        }
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.arena.push_str(text);
        self.ends.push(self.arena.len());
        let Self { arena, ends, table, hasher } = self;
        table.insert_unique(hash, id, |id| hasher.hash_one(slice(arena, ends, *id)));
        TextId(id)
    }

    /// The text of a number.
    pub(super) fn text(&self, id: TextId) -> &str {
        slice(&self.arena, &self.ends, id.0)
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn slice<'a>(arena: &'a str, ends: &[usize], id: u32) -> &'a str {
    let id = usize::try_from(id).unwrap_or(usize::MAX);
    let start = id.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(id).and_then(|end| arena.get(start..*end)).unwrap_or("")
}
