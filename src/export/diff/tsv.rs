//! The table of two maps in each region, and the JSON that describes its columns.

use crate::diff::{DiffRecord, PairedRegion};
use crate::export::words::resampled;
use crate::regions::{self, Row};
use crate::stats::paired::Pairs;
use std::slice;

/// The table of a comparison: BIDS' TSV, a row for each region and each of [`Pairs::maps`]; without
/// an atlas of the mask or the whole grid.
pub fn table(record: &DiffRecord) -> String {
    let regions = match record.regions.as_slice() {
        [] => slice::from_ref(&record.whole),
        regions => regions,
    };
    regions::tsv_of_maps(&regions.iter().flat_map(rows).collect::<Vec<_>>())
}

/// The JSON that stands beside the table and describes its columns.
pub fn sidecar(record: &DiffRecord) -> String {
    let maps = [&*record.a.name, &*record.b.name, "B - A", "B / A"];
    let described: Vec<(&str, &str)> = Pairs::NAMES.into_iter().zip(maps).collect();
    regions::sidecar_of_maps(&described, &resampled(&record.findings))
}

fn rows(region: &PairedRegion) -> Vec<Row> {
    let row = |(map, summary): (&str, _)| Row {
        index: region.index,
        name: region.name.clone(),
        run: map.to_owned(),
        summary,
    };
    Pairs::NAMES.into_iter().zip(region.summaries).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::record;

    #[test]
    fn without_an_atlas_the_whole_is_one_region() {
        let record = record([None, None]);
        let table = table(&record);
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 5);
        assert!(rows[1].starts_with("1\tall voxels\tA\t60\t0\t30.5\t30.5\t"), "{table}");
        assert!(rows[4].starts_with("1\tall voxels\tratio\t60\t0\t2.0\t2.0\t"), "{table}");
        assert!(sidecar(&record).contains("\"A\": \"a.nii\""));
    }
}
