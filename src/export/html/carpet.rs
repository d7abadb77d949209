//! The carpet: the series of sampled voxels as rows of grey, tissue by tissue.

use super::seen::Seen;
use crate::formats::{Hemisphere, PointsKind, hemisphere, plain_structure};
use crate::nuisance::Use;
use crate::record::RunRecord;
use crate::stats::signals::Sampled;

/// The rows of all parts together; of more voxels the mean of every few.
const MOST_ROWS: usize = 300;
/// The greys: more are not told apart, and take room.
const GREYS: f64 = 32.0;
/// The name of voxels in no tissue, where there are tissues.
const OTHERS: &str = "other";

/// A carpet as it is drawn.
pub(super) struct Carpet {
    /// The standardized values, row by row from the top.
    pub(super) values: Vec<f64>,
    pub(super) rows: usize,
    /// The tissues from the top, each with its number of rows; none where none are known.
    pub(super) parts: Vec<(String, usize)>,
}

impl Carpet {
    /// The carpet of the sampled voxels in the mask: tissue by tissue, in each in the order of the
    /// slices. A column is of some volumes of a run: its number, the first, and the one after the last.
    /// Nothing where no voxel was kept.
    pub(super) fn new(
        seen: &Seen,
        columns: &[(usize, usize, usize)],
        is_upwards: bool,
    ) -> Option<Carpet> {
        let runs = &seen.record.runs;
        let samples: Vec<&Sampled> =
            runs.iter().map(|run| run.signals.sampled.as_ref()).collect::<Option<_>>()?;
        let parts = parts(seen, &samples.first()?.places, is_upwards);
        let shown: usize = parts.iter().map(|(_, voxels)| voxels.len()).sum();
        if shown == 0 {
            return None;
        }
        let few = shown.div_ceil(MOST_ROWS);
        let mut carpet = Carpet { values: Vec::new(), rows: 0, parts: Vec::new() };
        for (name, voxels) in parts {
            let rows = voxels.len().div_ceil(few);
            for voxels in voxels.chunks(few) {
                let series: Vec<Vec<Vec<f64>>> = samples
                    .iter()
                    .zip(runs)
                    .map(|(of, run)| voxels.iter().map(|&it| standardized(of, it, run)).collect())
                    .collect();
                for &(run, from, to) in columns {
                    let cells = series[run].iter().flat_map(|it| &it[from..to]);
                    let (sum, number) = cells
                        .filter(|it| it.is_finite())
                        .fold((0.0, 0.0), |(sum, number), it| (sum + it, number + 1.0));
                    // The mean of several is nearer to 0.
                    let mean: f64 = sum / number * f64::sqrt(number);
                    carpet.values.push((mean * GREYS / 4.0).round() * 4.0 / GREYS);
                }
            }
            carpet.rows += rows;
            carpet.parts.extend(name.map(|it| (it, rows)));
        }
        Some(carpet)
    }
}

/// The numbers of the sampled voxels that are shown, tissue by tissue, from the top; without tissues
/// one part without a name. A voxel of several tissues is in the first of them.
fn parts(seen: &Seen, places: &[usize], is_upwards: bool) -> Vec<(Option<String>, Vec<usize>)> {
    let is_shown = |place: usize| match seen.inside {
        Some(inside) => inside[place],
        None => seen.tsnr[place].is_finite(),
    };
    let mut left: Vec<usize> = (0..places.len()).filter(|&it| is_shown(places[it])).collect();
    if is_upwards {
        left.reverse();
    }
    let tissues = &seen.record.tissues;
    if tissues.is_empty() && seen.record.geometry.points.is_some() {
        return parts_of_points(seen, places, left);
    }
    let mut parts = Vec::new();
    for tissue in tissues {
        let is_in = |voxel: &usize| tissue.sampled.binary_search(voxel).is_ok();
        let (inside, others): (Vec<usize>, Vec<usize>) = left.into_iter().partition(is_in);
        parts.push((Some(tissue.name.clone()), inside));
        left = others;
    }
    parts.push(((!tissues.is_empty()).then(|| OTHERS.to_owned()), left));
    parts.retain(|(_, voxels)| !voxels.is_empty());
    parts
}

/// The parts of points that lie on no grid, by their structures: each hemisphere, the cerebellum, and what is
/// below the cortex. Parcels are one part without a name.
fn parts_of_points(
    seen: &Seen,
    places: &[usize],
    left: Vec<usize>,
) -> Vec<(Option<String>, Vec<usize>)> {
    let points = seen.record.geometry.points.as_ref().expect("points");
    let name = |place: usize| {
        let structure = points.structure_of(place);
        match hemisphere(structure) {
            Some(Hemisphere::Left) => "cortex L",
            Some(Hemisphere::Right) => "cortex R",
            None if plain_structure(structure).starts_with("cerebellum") => "cerebel.",
            None => "subcort.",
        }
    };
    let mut parts: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    if points.kind == PointsKind::Parcels {
        return if left.is_empty() { parts } else { vec![(None, left)] };
    }
    for part in ["cortex L", "cortex R", "cerebel.", "subcort."] {
        let of_part: Vec<usize> =
            left.iter().copied().filter(|&it| name(places[it]) == part).collect();
        if !of_part.is_empty() {
            parts.push((Some(part.to_owned()), of_part));
        }
    }
    parts
}

/// The series of a voxel less its straight line, over the standard deviation of what remains; both of
/// the volumes used.
fn standardized(sampled: &Sampled, voxel: usize, run: &RunRecord) -> Vec<f64> {
    let values = sampled.series(voxel);
    let used = |at: &usize| run.uses[*at] == Use::Used && values[*at].is_finite();
    let used: Vec<usize> = (0..values.len()).filter(used).collect();
    let number = used.len() as f64;
    let middle = used.iter().sum::<usize>() as f64 / number;
    let mean = used.iter().map(|&at| values[at]).sum::<f64>() / number;
    let (mut along, mut spread) = (0.0, 0.0);
    for &at in &used {
        along += (at as f64 - middle) * (values[at] - mean);
        spread += (at as f64 - middle).powi(2);
    }
    let slope = if spread > 0.0 { along / spread } else { 0.0 };
    let rest = |at: usize| values[at] - mean - slope * (at as f64 - middle);
    let std = (used.iter().map(|&at| rest(at).powi(2)).sum::<f64>() / number).sqrt();
    (0..values.len()).map(|at| if std > 0.0 { rest(at) / std } else { f64::NAN }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr2;

    /// numpy 2.4.6: `r = y - np.polyval(np.polyfit(t, y, 1), t); r / r.std()` of
    /// `y = [1, 2, 4, 3, 7]`.
    #[test]
    fn a_row_of_the_carpet_is_standardized() {
        let sampled = Sampled::new([0], &arr2(&[[1.0], [2.0], [4.0], [3.0], [7.0]]));
        let run = RunRecord::named("run", vec![Use::Used; 5]);
        let expected = [
            0.21566554640687666,
            -0.10783277320343851,
            0.6469966392206301,
            -1.8331571444584533,
            1.0783277320343843,
        ];
        for (found, expected) in standardized(&sampled, 0, &run).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}
