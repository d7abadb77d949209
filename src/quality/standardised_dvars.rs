//! Standardised DVARS: the change from volume to volume in parts of what the voxels' own spread and
//! lag-1 correlation lead to expect (T. Nichols, *Notes on creating a standardized version of DVARS*,
//! 2013).

use super::Series;

/// The standard deviation of a normal distribution in parts of its interquartile range, as FSL and
/// nipype round it.
const STD_OF_RANGE: f64 = 1.0 / 1.349;

/// The number of voxels side by side in what the processor fetches at once.
const TOGETHER: usize = 16;

/// The standardised DVARS of each volume of a run with so many volumes; nothing where no voxel of the
/// series changes.
///
/// The root mean square over the voxels of the change from the volume before, divided by the mean over
/// them of `sqrt(2 (1 - r)) s`, with `r` the lag-1 correlation of a voxel and `s` its interquartile
/// range over 1.349 (quartiles taken downwards). Voxels with a range of 0 are left out. NaN where a
/// volume or the one before is not in the series. This is `dvars_std` of nipype's `ComputeDVARS` with
/// `remove_zerovariance`.
pub fn standardised_dvars(series: &Series, volumes: usize) -> Option<Vec<f64>> {
    let of_voxels = expected_changes(series);
    let expected: Vec<f64> = of_voxels.iter().filter_map(|it| *it).collect();
    let expected = expected.iter().sum::<f64>() / expected.len() as f64;
    // Without a voxel it is NaN.
    if expected.is_nan() || expected <= 0.0 {
        return None;
    }
    let root_mean_square = |now: usize| {
        let pairs = series.row(now - 1).iter().zip(series.row(now)).zip(&of_voxels);
        let change = |((&a, &b), of_voxel): ((&f32, &f32), &Option<f64>)| {
            of_voxel.map(|_| (f64::from(b) - f64::from(a)).powi(2))
        };
        let (sum, count) =
            pairs.filter_map(change).fold((0.0, 0.0), |(s, n), it| (s + it, n + 1.0));
        f64::sqrt(sum / count)
    };
    let mut values = vec![f64::NAN; volumes];
    for (now, pair) in series.volumes().windows(2).enumerate() {
        if pair[1] == pair[0] + 1 {
            values[pair[1]] = root_mean_square(now + 1) / expected;
        }
    }
    Some(values)
}

/// The change that is expected of a voxel with these values; nothing where its quartiles are equal.
/// The values are put into another order.
fn expected_change(values: &mut [f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (mut products, mut squares, mut before) = (0.0, 0.0, 0.0);
    for value in &*values {
        let distance = value - mean;
        squares += distance * distance;
        products += distance * before;
        before = distance;
    }
    let last = values.len().checked_sub(1)?;
    let mut quartile =
        |part: usize| *values.select_nth_unstable_by(part * last / 4, f64::total_cmp).1;
    let range = quartile(3) - quartile(1);
    (range > 0.0).then(|| (2.0 * (1.0 - products / squares)).sqrt() * range * STD_OF_RANGE)
}

/// The change that is expected of each voxel of a series.
fn expected_changes(series: &Series) -> Vec<Option<f64>> {
    let count = series.volumes().len();
    let mut expected = Vec::with_capacity(series.voxels());
    let mut columns = vec![0.0; TOGETHER * count];
    for first in (0..series.voxels()).step_by(TOGETHER) {
        let voxels = first..series.voxels().min(first + TOGETHER);
        for (volume, row) in series.rows().enumerate() {
            for (column, &value) in row[voxels.clone()].iter().enumerate() {
                columns[column * count + volume] = f64::from(value);
            }
        }
        expected.extend(columns.chunks_mut(count.max(1)).take(voxels.len()).map(expected_change));
    }
    expected
}
