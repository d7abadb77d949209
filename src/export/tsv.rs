//! The table of regions and the JSON that describes its columns.

use super::words::resampled;
use crate::record::Record;
use crate::regions;

/// The table of the record's regions: BIDS' TSV, a row for each region and run.
pub fn table(record: &Record) -> String {
    regions::tsv(&record.regions)
}

/// The JSON that stands beside the table and describes its columns.
pub fn sidecar(record: &Record) -> String {
    regions::sidecar("tSNR", &resampled(&record.findings))
}
