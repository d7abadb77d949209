//! BIDS's table of the labels of a segmentation, `dseg.tsv`: columns `index` and `name`, and
//! others that are not needed here (`abbreviation`, `color`, `mapping`).

use super::{Entry, index, on_line};
use crate::error::Result;

/// The missing value of BIDS's tables.
const MISSING: &str = "n/a";

/// The rows of the table.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>> {
    let mut rows = (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty());
    let (line, head) = rows.next().unwrap_or((1, ""));
    let columns: Vec<&str> = head.split('\t').map(str::trim).collect();
    let place = |wanted: &str| {
        columns.iter().position(|column| *column == wanted).ok_or_else(|| {
            on_line(line, format!("no column '{wanted}', found: {}", columns.join(", ")))
                .remedy("a BIDS dseg.tsv has the columns index and name")
        })
    };
    let (index_place, name_place) = (place("index")?, place("name")?);
    let entry = |(line, row): (usize, &str)| {
        let fields: Vec<&str> = row.split('\t').map(str::trim).collect();
        if fields.len() != columns.len() {
            let plural = if fields.len() == 1 { "" } else { "s" };
            let found = format!("{} column{plural}", fields.len());
            let expected = format!("expected {} as in the first line", columns.len());
            return Err(on_line(line, format!("{found}, {expected}"))
                .remedy("separate columns by one tab, and write n/a for what is missing"));
        }
        let name = Some(fields[name_place]).filter(|name| !["", MISSING].contains(name));
        let name = name.map(str::to_owned);
        Ok(Entry { line, index: index(fields[index_place], line)?, name })
    };
    rows.map(entry).collect()
}
