//! Things put together by what they have in common.

use std::collections::HashMap;
use std::hash::Hash;

/// Things grouped by what they have in common, groups and things in the order in which they come.
pub fn grouped_by<K: Clone + Eq + Hash, T>(
    things: impl IntoIterator<Item = (K, T)>,
) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    let mut places: HashMap<K, usize> = HashMap::new();
    for (key, thing) in things {
        let place = *places.entry(key.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(thing);
    }
    groups
}
