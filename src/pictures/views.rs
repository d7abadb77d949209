//! Axial, sagittal and coronal slices, as they are shown: left is left, anterior and superior up.

use super::crop::Crop;
use super::volume::{Grid, Volume};
use crate::error::{Error, Result};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::str::FromStr;

/// Along which axis of the body slices are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Slices from below to above; anterior is up.
    Axial,
    /// Slices from left to right; anterior is at the right, superior up.
    Sagittal,
    /// Slices from posterior to anterior; superior is up.
    Coronal,
}

/// The choice of the slices of a volume that are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slices {
    /// Each of them.
    All,
    /// A number of slices, evenly spaced from the first to the last that has a defined voxel; all of these
    /// where there are no more.
    Count(NonZeroUsize),
    /// The slices with these indices along the voxel axis, counted from 0.
    List(Vec<usize>),
}

/// A slice as it is shown, its first row at the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Voxels from left to right.
    pub columns: usize,
    /// Voxels from top to bottom.
    pub rows: usize,
    /// Row by row from the top, each from the left; NaN where undefined.
    pub values: Vec<f64>,
}

impl View {
    /// All of them.
    pub const ALL: [View; 3] = [View::Axial, View::Sagittal, View::Coronal];

    /// The name of the view, in small letters.
    pub fn name(self) -> &'static str {
        ["axial", "sagittal", "coronal"][self as usize]
    }

    /// The view of a name.
    pub fn of_name(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }

    /// The sides of the body at the left and at the right of each slice of a grid; with a `?` where
    /// that is a guess.
    pub fn sides(self, grid: &Grid) -> [&'static str; 2] {
        match self {
            View::Sagittal if !grid.is_oriented() => ["P?", "A?"],
            _ if !grid.is_oriented() => ["L?", "R?"],
            View::Sagittal => ["P", "A"],
            View::Axial | View::Coronal => ["L", "R"],
        }
    }

    /// The side of the body that is up in each slice.
    pub fn up(self) -> &'static str {
        if self == View::Axial { "anterior" } else { "superior" }
    }

    /// The body axis across the slices: 0 is x, 1 is y, 2 is z.
    pub fn across(self) -> usize {
        [2, 0, 1][self as usize]
    }

    /// The letter of the body axis across the slices.
    pub fn axis_name(self) -> &'static str {
        ["x", "y", "z"][self.across()]
    }

    /// The body axes that run to the right and up.
    pub fn in_plane(self) -> [usize; 2] {
        [[0, 1], [1, 2], [0, 2]][self as usize]
    }

    /// The voxel axis across the slices.
    pub fn voxel_axis(self, grid: &Grid) -> usize {
        grid.orientation().voxel_axis(self.across())
    }

    /// Columns and rows of a slice, and the size of a voxel in it, in millimetres.
    pub fn slice_shape(self, grid: &Grid) -> ([usize; 2], [f64; 2]) {
        let axes = self.in_plane().map(|body| grid.orientation().voxel_axis(body));
        (axes.map(|axis| grid.shape[axis]), axes.map(|axis| grid.voxel_sizes()[axis]))
    }
}

impl FromStr for Slices {
    type Err = String;

    /// `all`, `9`, `4,8,12`, and `7,` for one; the error says what was expected.
    fn from_str(text: &str) -> std::result::Result<Slices, String> {
        let wrong = |_| "expected all, a number above 0, or indices such as 4,8,12".to_owned();
        if text == "all" {
            return Ok(Slices::All);
        }
        if !text.contains(',') {
            return text.parse().map(Slices::Count).map_err(wrong);
        }
        let listed = text.strip_suffix(',').unwrap_or(text).split(',');
        let listed = listed.map(|it| it.trim().parse().map_err(wrong));
        listed.collect::<std::result::Result<_, _>>().map(Slices::List)
    }
}

impl Slices {
    /// Finds out whether a view of a grid has these slices.
    ///
    /// # Errors
    /// If a listed slice does not exist, or none is listed.
    pub fn check(&self, view: View, grid: &Grid) -> Result<()> {
        let Slices::List(listed) = self else { return Ok(()) };
        let length = grid.shape[view.voxel_axis(grid)];
        let view = view.name();
        match listed.iter().find(|&&index| index >= length) {
            Some(index) => Err(Error::mismatch(format!(
                "{view} slice {index} does not exist, the grid has {length}"
            ))
            .remedy(format!("give slices from 0 to {}", length.saturating_sub(1)))),
            None if listed.is_empty() => Err(Error::usage(format!("no {view} slice is listed"))
                .remedy("give their indices, counted from 0")),
            None => Ok(()),
        }
    }

    /// The indices of the slices along the voxel axis of a view: from inferior to superior, left
    /// to right or posterior to anterior, or as they are listed.
    ///
    /// # Errors
    /// If a listed slice does not exist, or none is listed.
    pub fn indices(&self, view: View, volume: &Volume) -> Result<Vec<usize>> {
        let grid = volume.grid();
        let axis = view.voxel_axis(grid);
        let length = grid.shape[axis];
        let mut indices: Vec<usize> = match self {
            Slices::All => (0..length).collect(),
            Slices::Count(count) => {
                let defined = volume.defined_slices(axis);
                let count = count.get().min(defined.len());
                // The middles of as many parts of equal length.
                let middle = |part| ((2 * part + 1) * defined.len()) / (2 * count);
                (0..count).map(|part| defined.start + middle(part)).collect()
            }
            Slices::List(listed) => {
                return self.check(view, grid).map(|()| listed.clone());
            }
        };
        if grid.orientation().axes[axis].is_reversed {
            indices.reverse();
        }
        Ok(indices)
    }
}

impl Volume<'_> {
    /// The slices across a voxel axis from the first to the last in which a voxel is defined; all of
    /// them if none is.
    fn defined_slices(&self, axis: usize) -> Range<usize> {
        let shape = self.grid().shape;
        let stride: usize = shape[..axis].iter().product();
        let slices = self.values().chunks(stride.max(1)).enumerate();
        let defined = slices
            .filter(|(_, values)| values.iter().any(|value| value.is_finite()))
            .map(|(number, _)| number % shape[axis]);
        let ends = defined.fold(None, |ends: Option<(usize, usize)>, slice| {
            let (first, last) = ends.unwrap_or((slice, slice));
            Some((first.min(slice), last.max(slice)))
        });
        ends.map_or(0..shape[axis], |(first, last)| first..last + 1)
    }

    /// A slice as it is shown; `index` counts along the voxel axis of the view.
    ///
    /// # Panics
    /// If there is no such slice.
    pub fn plane(&self, view: View, index: usize) -> Plane {
        self.plane_within(&Crop::whole(self.grid()), view, index)
    }

    /// The part of a slice that lies within a box, as it is shown.
    ///
    /// # Panics
    /// If there is no such slice, or the box is of another grid.
    pub fn plane_within(&self, crop: &Crop, view: View, index: usize) -> Plane {
        let grid = self.grid();
        let orientation = grid.orientation();
        let strides = [1, grid.shape[0], grid.shape[0] * grid.shape[1]];
        let across = orientation.voxel_axis(view.across());
        assert!(index < grid.shape[across], "a slice of the grid");
        // The voxel's offset for each step to the right and down, in the order of display.
        let offsets = |body: usize, is_forward: bool| -> Vec<usize> {
            let axis = orientation.voxel_axis(body);
            let is_ascending = is_forward != orientation.axes[axis].is_reversed;
            let offset = |at: usize| at * strides[axis];
            match is_ascending {
                true => crop.ranges[axis].clone().map(offset).collect(),
                false => crop.ranges[axis].clone().rev().map(offset).collect(),
            }
        };
        let [right, up] = view.in_plane();
        let (across_offset, columns) = (index * strides[across], offsets(right, true));
        let rows = offsets(up, false);
        let value = |row: usize, column: usize| self.values()[across_offset + row + column];
        let values =
            rows.iter().flat_map(|&row| columns.iter().map(move |&column| value(row, column)));
        Plane { columns: columns.len(), rows: rows.len(), values: values.collect() }
    }
}

impl Plane {
    /// The slice at another size, row by row from the top: the nearest voxel where it is enlarged,
    /// the mean of the defined voxels under a pixel where it is made smaller.
    pub fn sampled(&self, width: usize, height: usize) -> Vec<f64> {
        self.rows_sampled(width, height, 0..height)
    }

    /// Some rows of the slice at another [size](Plane::sampled).
    ///
    /// # Panics
    /// If there are fewer rows.
    pub(super) fn rows_sampled(
        &self,
        width: usize,
        height: usize,
        wanted: Range<usize>,
    ) -> Vec<f64> {
        if self.values.is_empty() {
            return vec![f64::NAN; width * wanted.len()];
        }
        let spans = |pixels: usize, voxels: usize| -> Vec<(usize, usize)> {
            let span = |pixel: usize| match pixels >= voxels {
                true => {
                    let nearest = (2 * pixel + 1) * voxels / (2 * pixels);
                    (nearest, nearest + 1)
                }
                false => (pixel * voxels / pixels, (pixel + 1) * voxels / pixels),
            };
            (0..pixels).map(span).collect()
        };
        let (columns, rows) = (spans(width, self.columns), spans(height, self.rows));
        let rows = &rows[wanted];
        let mut sampled = Vec::with_capacity(width * rows.len());
        for (number, &(top, bottom)) in rows.iter().enumerate() {
            if number > 0 && rows[number - 1] == (top, bottom) {
                // An enlarged voxel is several rows tall.
                sampled.extend_from_within(sampled.len() - width..);
                continue;
            }
            for &(left, right) in &columns {
                let (mut sum, mut count) = (0.0, 0);
                for row in top..bottom {
                    for value in &self.values[row * self.columns..][left..right] {
                        if value.is_finite() {
                            sum += value;
                            count += 1;
                        }
                    }
                }
                sampled.push(if count > 0 { sum / f64::from(count) } else { f64::NAN });
            }
        }
        sampled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::orientation::BodyAxis;

    /// A voxel's body position: the values of a volume that tells where each of its voxels lies.
    fn position(grid: &Grid, body: usize) -> Vec<f64> {
        let [nx, ny, nz] = grid.shape;
        let row = grid.affine[body];
        let mut values = Vec::new();
        for (k, j, i) in
            (0..nz).flat_map(|k| (0..ny).flat_map(move |j| (0..nx).map(move |i| (k, j, i))))
        {
            values.push(row[0] * i as f64 + row[1] * j as f64 + row[2] * k as f64 + row[3]);
        }
        values
    }

    /// Whatever the order of the voxels in memory, x grows to the right of an axial slice.
    #[test]
    fn slices_are_all_so_many_or_those_listed() {
        let slices = |text: &str| text.parse::<Slices>();
        assert_eq!(slices("all"), Ok(Slices::All));
        assert_eq!(slices("9"), Ok(Slices::Count(NonZeroUsize::new(9).unwrap())));
        assert_eq!(slices("4,8, 12"), Ok(Slices::List(vec![4, 8, 12])));
        assert_eq!(slices("7,"), Ok(Slices::List(vec![7])));
        for wrong in ["", "0", "-3", "some", ",", "1,,2", "1;2"] {
            assert!(slices(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn left_is_left_and_up_is_up_in_all_48_orientations() {
        for permutation in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let mut affine = [[0.0; 4]; 3];
                for (axis, size) in [2.0, 3.0, 4.5].into_iter().enumerate() {
                    let sign = if signs >> axis & 1 == 1 { -1.0 } else { 1.0 };
                    affine[permutation[axis]][axis] = size * sign;
                    affine[permutation[axis]][3] = -5.0;
                }
                let grid = Grid { shape: [4, 5, 6], affine, unknown_sides: None };
                for view in View::ALL {
                    let [right, up] = view.in_plane();
                    let values = position(&grid, view.across());
                    let volume = Volume::new(&grid, &values).unwrap();
                    let indices = Slices::All.indices(view, &volume).unwrap();
                    let index = indices[1];
                    for (body, ascending) in [(right, true), (up, false)] {
                        let values = position(&grid, body);
                        let plane = Volume::new(&grid, &values).unwrap().plane(view, index);
                        let line: Vec<f64> = match ascending {
                            true => plane.values[..plane.columns].to_vec(),
                            false => plane.values.iter().step_by(plane.columns).copied().collect(),
                        };
                        assert!(line.len() >= 4);
                        let sorted =
                            line.is_sorted_by(|a, b| if ascending { a < b } else { a > b });
                        assert!(sorted, "{view:?} {}: {line:?}", grid.orientation().codes());
                    }
                    let at = |index| volume.plane(view, index).values[0];
                    assert!(indices.is_sorted_by(|&a, &b| at(a) < at(b)), "{view:?}");
                    let axis = view.voxel_axis(&grid);
                    assert_eq!(at(index), grid.slice_position(axis, index));
                }
            }
        }
    }

    #[test]
    fn slices_are_all_or_evenly_spaced_or_those_listed() {
        let grid = Grid {
            shape: [2, 2, 10],
            affine: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0]],
            unknown_sides: None,
        };
        assert_eq!(grid.orientation().axes[2], BodyAxis { number: 2, is_reversed: true });
        let mut values = [1.0; 40];
        let volume = Volume::new(&grid, &values).unwrap();
        let of = |slices: Slices| slices.indices(View::Axial, &volume);
        let count = |count| Slices::Count(NonZeroUsize::new(count).unwrap());
        assert_eq!(of(Slices::All).unwrap(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(of(count(1)).unwrap(), [5]);
        assert_eq!(of(count(3)).unwrap(), [8, 5, 1]);
        assert_eq!(of(count(99)).unwrap().len(), 10);
        assert_eq!(of(Slices::List(vec![2, 9])).unwrap(), [2, 9]);
        assert_eq!(
            of(Slices::List(vec![2, 10])).unwrap_err().to_string(),
            "axial slice 10 does not exist, the grid has 10; give slices from 0 to 9"
        );
        assert!(of(Slices::List(vec![])).is_err());
        // The first four and the last three of the ten hold nothing.
        values[..16].fill(f64::NAN);
        values[28..].fill(f64::NAN);
        let volume = Volume::new(&grid, &values).unwrap();
        let of = |slices: Slices, view| slices.indices(view, &volume).unwrap();
        assert_eq!(of(count(9), View::Axial), [6, 5, 4]);
        assert_eq!(of(count(1), View::Axial), [5]);
        assert_eq!(of(count(9), View::Coronal), [0, 1]);
        assert_eq!(of(Slices::All, View::Axial).len(), 10);
    }

    #[test]
    fn enlarging_repeats_voxels_and_shrinking_takes_their_mean() {
        let plane = Plane { columns: 2, rows: 2, values: vec![1.0, 2.0, f64::NAN, 4.0] };
        let large = plane.sampled(4, 2);
        assert_eq!(large[..4], [1.0, 1.0, 2.0, 2.0]);
        assert!(large[4].is_nan() && large[5].is_nan() && large[6] == 4.0);
        assert_eq!(plane.sampled(1, 2), [1.5, 4.0]);
        assert_eq!(plane.sampled(1, 1), [7.0 / 3.0]);
        let nothing = Plane { columns: 0, rows: 5, values: vec![] };
        assert!(nothing.sampled(2, 2).iter().all(|value| value.is_nan()));
    }
}
