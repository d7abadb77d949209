//! A kind of map, and lists of kinds.

use super::{ALL, Status, TSNR, VoxelFigures};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

const VALUE_BYTES: usize = size_of::<f64>();
const STATUS_BYTES: usize = size_of::<Status>();

/// A kind of map: what it is called, what it is, and its value in a voxel.
#[derive(Clone, Copy)]
pub struct MapKind {
    /// The name by which a map is asked for: no other kind has it.
    pub name: &'static str,
    /// The name of a map of this kind in its header: at most 15 bytes.
    pub title: &'static str,
    /// The first words of the definition that a map's header records, in which `mean` stands for
    /// the numerator and may become `|mean|`.
    pub recorded_as: &'static str,
    /// The map in words that follow the name.
    pub description: &'static str,
    /// How it is computed, in the symbols of `docs/definitions.md`.
    pub formula: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// The parts of the definition that have a say in it.
    pub parts: &'static [Part],
    /// Whether there is one of it, or one for each run.
    pub extent: Extent,
    /// The sums that it needs, beside those that every map is made of.
    pub needs: &'static [Need],
    /// Why a voxel has no value in it.
    pub undefined_for: UndefinedFor,
    /// The value of the map in a voxel, NaN where it is undefined.
    pub value: fn(&VoxelFigures) -> f64,
}

/// The unit of the values of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Numbers without a unit.
    None,
    /// The unit of the data.
    Data,
    /// A share, from 0 to 1.
    Share,
    /// A number of volumes.
    Volumes,
}

/// A part of the definition of tSNR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The numerator: whose mean it is.
    Mean,
    /// The denominator: what the sum of squares is divided by.
    Std,
}

/// Whether there is one map of a kind, or one for each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One of all runs together.
    Session,
    /// One for each run, made of the figures of that run: it needs degrees of freedom of its own.
    EachRun,
}

/// Something that has to be summed up for a map, beside what every map is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The spread within runs, see [`VoxelFigures::within`].
    SpreadWithinRuns,
}

/// Why a voxel has no value in a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndefinedFor {
    /// The voxel has no tSNR, for the reason that its status says.
    ReasonOfTsnr,
    /// The map's own reason, which is written as samples that are not finite are. Of a single run
    /// every map has the reason of the tSNR.
    ItsOwnReason,
}

impl MapKind {
    /// The kind of this name.
    pub fn by_name(name: &str) -> Option<MapKind> {
        ALL.into_iter().find(|kind| kind.name == name)
    }

    /// Whether a part of the definition has a say in it.
    pub fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

impl PartialEq for MapKind {
    fn eq(&self, other: &MapKind) -> bool {
        self.name == other.name
    }
}

impl Eq for MapKind {}

impl fmt::Debug for MapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MapKind({})", self.name)
    }
}

impl fmt::Display for MapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// A kind is its name.
impl Serialize for MapKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for MapKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MapKind, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A name that no kind of map has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMap {
    /// The name that was found.
    pub name: String,
}

impl fmt::Display for UnknownMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ALL.map(|kind| kind.name).join(", ");
        write!(f, "no map is called '{}': expected one of {known}", self.name)
    }
}

impl std::error::Error for UnknownMap {}

impl FromStr for MapKind {
    type Err = UnknownMap;

    fn from_str(name: &str) -> Result<MapKind, UnknownMap> {
        MapKind::by_name(name).ok_or_else(|| UnknownMap { name: name.to_owned() })
    }
}

/// The kinds of maps to be made, in their order, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<MapKind>", into = "Vec<MapKind>")]
pub struct Wanted(Vec<MapKind>);

impl Wanted {
    /// The kinds in their order.
    pub fn iter(&self) -> impl Iterator<Item = MapKind> + '_ {
        self.0.iter().copied()
    }

    /// Whether a kind is wanted.
    pub fn has(&self, kind: MapKind) -> bool {
        self.0.contains(&kind)
    }

    /// These kinds, and one more where it is not among them.
    pub fn with(mut self, kind: MapKind) -> Wanted {
        self.extend([kind]);
        self
    }

    /// Whether no kind is wanted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the kinds needs this.
    pub fn needs(&self, need: Need) -> bool {
        self.0.iter().any(|kind| kind.needs.contains(&need))
    }

    /// The kinds of one extent.
    pub fn of_extent(&self, extent: Extent) -> impl Iterator<Item = MapKind> + '_ {
        self.iter().filter(move |kind| kind.extent == extent)
    }

    /// Whether there is a kind of one extent.
    pub fn has_any(&self, extent: Extent) -> bool {
        self.of_extent(extent).next().is_some()
    }

    /// Bytes that all maps of so many runs take, of one voxel: float64 values, and a status.
    pub fn bytes_per_voxel(&self, runs: usize) -> usize {
        VALUE_BYTES * self.of_extent(Extent::Session).count() + STATUS_BYTES + self.run_bytes(runs)
    }

    /// Bytes of one voxel that the maps of each of so many runs take, with a status for each run.
    pub fn run_bytes(&self, runs: usize) -> usize {
        match self.of_extent(Extent::EachRun).count() {
            0 => 0,
            kinds => runs * (VALUE_BYTES * kinds + STATUS_BYTES),
        }
    }
}

/// The tSNR alone.
impl Default for Wanted {
    fn default() -> Wanted {
        Wanted(vec![TSNR])
    }
}

impl From<Vec<MapKind>> for Wanted {
    fn from(kinds: Vec<MapKind>) -> Wanted {
        Wanted::from_iter(kinds)
    }
}

impl From<Wanted> for Vec<MapKind> {
    fn from(wanted: Wanted) -> Vec<MapKind> {
        wanted.0
    }
}

impl FromIterator<MapKind> for Wanted {
    fn from_iter<I: IntoIterator<Item = MapKind>>(kinds: I) -> Wanted {
        let mut wanted = Wanted(Vec::new());
        wanted.extend(kinds);
        wanted
    }
}

impl Extend<MapKind> for Wanted {
    fn extend<I: IntoIterator<Item = MapKind>>(&mut self, kinds: I) {
        for kind in kinds {
            if !self.has(kind) {
                self.0.push(kind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BETWEEN, MEAN, RUN_TSNR, STD, STDERR, VOLUMES};
    use super::*;
    use crate::maps::Totals;

    #[test]
    fn every_kind_is_found_by_its_name_and_fits_a_header() {
        for kind in ALL {
            assert_eq!(kind.name.parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name);
            assert_eq!(ALL.iter().filter(|it| it.name == kind.name).count(), 1, "{kind}");
            assert!(kind.title.len() <= 15, "{kind}: {}", kind.title);
        }
        let json = serde_json::json!(["mean", "tsnr", "mean"]);
        let wanted: Wanted = serde_json::from_value(json).unwrap();
        assert_eq!(serde_json::to_string(&wanted).unwrap(), r#"["mean","tsnr"]"#);
        assert!(serde_json::from_str::<Wanted>(r#"["snr"]"#).is_err());
        let unknown = "snr".parse::<MapKind>().unwrap_err().to_string();
        let known = "tsnr, mean, std, run-tsnr, between, volumes, stderr, cv";
        assert_eq!(unknown, format!("no map is called 'snr': expected one of {known}"));
    }

    #[test]
    fn what_is_wanted_is_wanted_once() {
        let wanted = Wanted::default().with(BETWEEN).with(RUN_TSNR).with(TSNR).with(BETWEEN);
        assert_eq!(wanted.iter().collect::<Vec<_>>(), [TSNR, BETWEEN, RUN_TSNR]);
        assert_eq!(wanted.bytes_per_voxel(3), (2 + 3) * 8 + 1 + 3);
        assert!(wanted.needs(Need::SpreadWithinRuns));
        assert_eq!(Wanted::default().bytes_per_voxel(3), 9);
        assert!(!Wanted::default().needs(Need::SpreadWithinRuns));
    }

    /// Python 3.13: `(1 - 3 / 4, math.sqrt(1 / 20 + 5**2 / (2 * 15)))`.
    #[test]
    fn the_values_are_those_of_the_formulas() {
        let totals = Totals {
            volumes: 20.0,
            freedom: 15.0,
            mean_variance: 0.05,
            std_variance: 1.0 / 30.0,
            is_fit_within_runs: true,
        };
        let voxel = VoxelFigures {
            mean: 10.0,
            std: 2.0,
            tsnr: 5.0,
            status: Status::Defined,
            squares: 4.0,
            within: Some(3.0),
            totals: &totals,
        };
        let values = ALL.map(|kind| (kind.name, (kind.value)(&voxel)));
        let expected = [5.0, 10.0, 2.0, 5.0, 0.25, 20.0, 0.939858145324779, 0.2];
        assert_eq!(values.map(|it| it.1), expected, "{values:?}");

        let value = |kind: MapKind, voxel: VoxelFigures| (kind.value)(&voxel);
        assert_eq!(value(BETWEEN, VoxelFigures { within: None, ..voxel }), 0.0, "a single run");
        assert!(value(BETWEEN, VoxelFigures { squares: 0.0, ..voxel }).is_nan(), "constant");
        assert_eq!(value(BETWEEN, VoxelFigures { within: Some(4.1), ..voxel }), 0.0, "rounding");
        let through = Totals { is_fit_within_runs: false, ..totals };
        assert!(value(BETWEEN, VoxelFigures { totals: &through, ..voxel }).is_nan());
        let undefined = VoxelFigures { tsnr: f64::NAN, status: Status::AlwaysZero, ..voxel };
        for kind in [TSNR, RUN_TSNR, VOLUMES, STDERR] {
            assert!(value(kind, undefined).is_nan(), "{kind}");
        }
        assert_eq!([MEAN, STD].map(|kind| value(kind, undefined)), [10.0, 2.0]);
    }
}
