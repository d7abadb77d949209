//! The difference and the ratio of two maps as images, with the geometry of the first map and both
//! definitions in their header.

use crate::diff::DiffRecord;
use crate::export::words::map_name;
use crate::export::{Context, sentence};
use crate::formats::{Encoding, MapFile};
use crate::recipe::RecordedPair;
use std::io::{self, Write};

/// One of the maps that two maps make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffMapKind {
    /// `B - A`.
    Difference,
    /// `B / A`.
    Ratio,
}

impl DiffMapKind {
    /// The name of the map, as its header records it.
    pub fn name(self) -> &'static str {
        match self {
            DiffMapKind::Difference => "difference",
            DiffMapKind::Ratio => "ratio",
        }
    }

    fn title(self) -> &'static str {
        match self {
            DiffMapKind::Difference => "tSNR diff",
            DiffMapKind::Ratio => "tSNR ratio",
        }
    }
}

/// Writes a map of a comparison as an image: 0 where the maps are not compared.
///
/// # Errors
/// Those of writing `to`.
pub fn write(
    record: &DiffRecord,
    kind: DiffMapKind,
    encoding: Encoding,
    context: &Context,
    to: &mut dyn Write,
) -> io::Result<()> {
    let values = match kind {
        DiffMapKind::Difference => &record.pairs.difference,
        DiffMapKind::Ratio => &record.pairs.ratio,
    };
    let (version, name) = (record.provenance.version, kind.name());
    let definition = match &record.a.definition {
        Some(a) if record.is_alike() => sentence::short_tsnr(&a.definition),
        _ => "definitions not known to be alike".to_owned(),
    };
    let definitions = [&record.a, &record.b].map(|side| side.definition.as_ref());
    let recorded = RecordedPair::new(name, version, definitions).to_text();
    let file = MapFile {
        names: vec![map_name(kind.title(), record.sink.format(context.format).ok())],
        description: format!("tsnr {version}: {name}, {definition}"),
        notes: vec![recorded],
        format: context.format,
        ..MapFile::new(encoding, context.precision)
    };
    let mut written = values.iter().map(|&value| if value.is_nan() { 0.0 } else { value });
    record.sink.write(to, &mut written, &file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::tests::{record, recorded};
    use crate::pipeline::{Beside, single_volume};
    use crate::recipe::{RecordedDefinition, recorded_map};

    #[test]
    fn both_definitions_are_recorded_and_the_map_is_none_of_the_tsnr() {
        let (a, b) = (recorded(|_| ()), recorded(|it| it.definition.detrend = Some(1)));
        let folder = tempfile::tempdir().unwrap();
        for (kind, definitions, describes, expected) in [
            (DiffMapKind::Ratio, [Some(&a), None], "definitions not known to be alike", 2.0),
            (DiffMapKind::Ratio, [Some(&a), Some(&b)], "definitions not known to be alike", 2.0),
            (DiffMapKind::Difference, [Some(&b), Some(&b)], "mean/std, ddof 0, detrending 1", 1.0),
        ] {
            let path = folder.path().join("map.nii.gz");
            let mut file = std::fs::File::create(&path).unwrap();
            let record = record(definitions);
            write(&record, kind, Encoding::Gzip, &Context::new(), &mut file).unwrap();
            drop(file);
            let (values, image) = single_volume(&path, &mut Beside::default()).unwrap();
            assert_eq!((values.len(), values[0]), (60, expected));
            let name = kind.name();
            assert!(image.description().ends_with(&format!(": {name}, {describes}")));
            let notes = image.notes().unwrap();
            let text = notes[0].as_str();
            assert_eq!(RecordedDefinition::from_text(text), None);
            assert_eq!(recorded_map(text).as_deref(), Some(name));
            let said: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(said["tsnr"]["schema"], "tsnr-pair/1");
            for (side, definition) in ["a", "b"].iter().zip(definitions) {
                assert_eq!(said["tsnr"][side], serde_json::to_value(definition).unwrap());
            }
        }
    }
}
