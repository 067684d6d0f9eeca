//! Two documents, key by key.

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::value::Value;

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Keys that lead there; elements of a list by their name or number.
    pub path: Vec<Box<str>>,
    /// What the first document has there.
    pub before: Option<Value>,
    /// What the second document has there.
    pub after: Option<Value>,
}

/// Where two documents differ, in the order of their keys, as deep down as possible: what only one of them has is told
/// once, as a whole. The order of keys means nothing. Lists of named things are compared by name.
#[must_use]
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk { path: Vec::new(), changes: Vec::new() };
    walk.compare(before, after);
    walk.changes
}

struct Walk {
    path: Vec<Box<str>>,
    changes: Vec<Change>,
}

impl Walk {
    fn compare(&mut self, before: &Value, after: &Value) {
        // Documents are as deep as their reader allows, so this ends.
        match (before, after) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let ours = ours.iter().map(|(key, value)| (&**key, value));
                let theirs = theirs.iter().map(|(key, value)| (&**key, value));
                self.members(ours.collect(), theirs.collect());
            }
            (Value::Array(ours), Value::Array(theirs)) => match (by_name(ours), by_name(theirs)) {
                (Some(ours), Some(theirs)) => self.members(ours, theirs),
                _ if before != after => self.add(Some(before), Some(after)),
                _ => {}
            },
            _ if before != after => self.add(Some(before), Some(after)),
            _ => {}
        }
    }

    fn members(&mut self, ours: Vec<(&str, &Value)>, theirs: Vec<(&str, &Value)>) {
        let (in_ours, in_theirs): (HashSet<&str>, HashMap<&str, &Value>) =
            (ours.iter().map(|(key, _)| *key).collect(), theirs.iter().copied().collect());
        for (key, value) in ours {
            self.path.push(key.into());
            match in_theirs.get(key) {
                Some(other) => self.compare(value, other),
                None => self.add(Some(value), None),
            }
            self.path.pop();
        }
        for (key, value) in theirs.into_iter().filter(|(key, _)| !in_ours.contains(*key)) {
            self.path.push(key.into());
            self.add(None, Some(value));
            self.path.pop();
        }
    }

    fn add(&mut self, before: Option<&Value>, after: Option<&Value>) {
        self.changes.push(Change { path: self.path.clone(), before: before.cloned(), after: after.cloned() });
    }
}

/// The elements of a list by name, when each has one of its own: pipelines and tasks have an `id`, mappings are objects
/// of one key.
fn by_name(elements: &[Value]) -> Option<Vec<(&str, &Value)>> {
    fn name(element: &Value) -> Option<(&str, &Value)> {
        match element.members() {
            [(key, value)] => Some((&**key, value)),
            _ => Some((element.get("id")?.as_str()?, element)),
        }
    }
    let named: Vec<(&str, &Value)> = elements.iter().map(name).collect::<Option<_>>()?;
    let distinct: HashSet<&str> = named.iter().map(|(name, _)| *name).collect();
    (distinct.len() == named.len()).then_some(named)
}
