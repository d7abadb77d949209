//! Several maps of one grid, and the status of its voxels.

use super::{
    Counts, Extent, MapKind, Status, UndefinedFor, VoxelFigures, Wanted, WrittenUndefined,
};
use ndarray::{ArrayView3, ShapeBuilder};
use std::mem::take;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// A map: a value for each voxel of a grid, first axis fastest.
#[derive(Clone, Debug)]
pub struct Map {
    kind: MapKind,
    run: Option<usize>,
    undefined_for: UndefinedFor,
    values: Vec<f64>,
}

impl Map {
    fn none(kind: MapKind, run: Option<usize>, room: usize) -> Map {
        let values = Vec::with_capacity(room);
        Map { kind, run, undefined_for: kind.undefined_for, values }
    }

    /// The kind of the map.
    pub fn kind(&self) -> MapKind {
        self.kind
    }

    /// The number of its run in the session, from 0; none of a map of all runs.
    pub fn run(&self) -> Option<usize> {
        self.run
    }

    /// The values of the map in the order of a file, first axis fastest; NaN where they are undefined, and
    /// outside the mask.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The [`values`](Map::values) of the map, without the map.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }
}

/// The maps of the voxels of a grid `[x, y, z]`, in the order in which they were
/// [wanted](Wanted), those of each run in the order of the session, and whether each voxel has a
/// tSNR.
///
/// Before they are put on their grid, maps are of some voxels that follow one another: a grid
/// `[n, 1, 1]`.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    shape: [usize; 3],
    status: Vec<Status>,
    /// The statuses of each run; empty where there are no maps of each.
    run_status: Vec<Vec<Status>>,
    maps: Vec<Map>,
}

impl Maps {
    /// Maps of all runs together, of no voxel yet, with room for so many. `runs` is how many the
    /// session has.
    pub fn of_session(wanted: &Wanted, runs: usize, room: usize) -> Maps {
        let map = |kind| {
            let map = Map::none(kind, None, room);
            match runs {
                1 => Map { undefined_for: UndefinedFor::ReasonOfTsnr, ..map },
                _ => map,
            }
        };
        Maps::none(wanted.of_extent(Extent::Session).map(map).collect(), room)
    }

    /// The maps of one run by itself, of no voxel yet, with room for so many.
    pub fn of_run(wanted: &Wanted, run: usize, room: usize) -> Maps {
        let map = |kind| Map::none(kind, Some(run), room);
        Maps::none(wanted.of_extent(Extent::EachRun).map(map).collect(), room)
    }

    fn none(maps: Vec<Map>, room: usize) -> Maps {
        let status = Vec::with_capacity(room);
        Maps { shape: [0, 1, 1], status, run_status: Vec::new(), maps }
    }

    /// Adds the voxels that follow, one beside the other.
    pub fn add(&mut self, voxels: &[VoxelFigures]) {
        self.status.extend(voxels.iter().map(|voxel| voxel.status));
        for map in &mut self.maps {
            map.values.extend(voxels.iter().map(map.kind.value));
        }
        self.shape = [self.status.len(), 1, 1];
    }

    /// These maps of all runs together and those of each run, of the same voxels, where a part of
    /// the runs' is taken: in the order in which they were wanted.
    ///
    /// # Panics
    /// If the runs do not have so many voxels.
    pub fn with_runs(mut self, runs: &[Maps], voxels: Range<usize>, wanted: &Wanted) -> Maps {
        for run in runs {
            self.run_status.push(run.status[voxels.clone()].to_vec());
            self.maps.extend(run.maps.iter().map(|map| Map {
                kind: map.kind,
                run: map.run,
                undefined_for: map.undefined_for,
                values: map.values[voxels.clone()].to_vec(),
            }));
        }
        let place = |map: &Map| wanted.iter().position(|kind| kind == map.kind);
        self.maps.sort_by_key(place);
        self
    }

    /// The maps of voxels that follow one another as those of a grid `[x, y, z]`. Maps are joined
    /// side by side: to get their memory takes longer than to copy them.
    ///
    /// # Panics
    /// If the parts are not of the same maps, or not as many voxels as the grid has.
    pub fn joined(parts: impl IntoIterator<Item = Maps>, shape: [usize; 3]) -> Maps {
        let mut parts = parts.into_iter();
        let Maps { mut status, mut run_status, mut maps, .. } = parts.next().expect("a part");
        let voxels: usize = shape.iter().product();
        status.reserve_exact(voxels.saturating_sub(status.len()));
        let mut pieces: Vec<Vec<Vec<f64>>> =
            maps.iter_mut().map(|map| vec![take(&mut map.values)]).collect();
        for part in parts {
            assert_eq!(part.maps.len(), maps.len(), "parts of the same maps");
            status.extend(part.status);
            run_status.iter_mut().zip(part.run_status).for_each(|(all, next)| all.extend(next));
            pieces.iter_mut().zip(part.maps).for_each(|(all, next)| all.push(next.values));
        }
        let join = |(map, mut pieces): (&mut Map, Vec<Vec<f64>>)| {
            if pieces.len() == 1 {
                map.values = pieces.swap_remove(0);
                return;
            }
            map.values = Vec::with_capacity(voxels);
            pieces.into_iter().for_each(|piece| map.values.extend(piece));
        };
        let helpers = pieces.len().saturating_sub(1);
        let columns = Mutex::new(maps.iter_mut().zip(pieces));
        let next = || columns.lock().unwrap_or_else(PoisonError::into_inner).next();
        let join_all = || std::iter::from_fn(next).for_each(join);
        thread::scope(|scope| {
            // What no thread is to be had for is done by this one.
            for _ in 0..helpers {
                let _ = thread::Builder::new().spawn_scoped(scope, join_all);
            }
            join_all();
        });
        drop(columns);
        Maps { shape: [0; 3], status, run_status, maps }.on_grid(shape)
    }

    /// These maps on the grid `[x, y, z]` whose voxels they are of.
    ///
    /// # Panics
    /// If the grid has another number of voxels.
    pub fn on_grid(self, shape: [usize; 3]) -> Maps {
        assert_eq!(self.status.len(), shape.iter().product::<usize>(), "voxels of the grid");
        Maps { shape, ..self }
    }

    /// These maps, with each status in new memory.
    pub(crate) fn with_copied_status(self) -> Maps {
        Maps { status: self.status.clone(), run_status: self.run_status.clone(), ..self }
    }

    /// The grid, `[x, y, z]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// All maps in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Map> {
        self.maps.iter()
    }

    /// The maps of a kind: one, or one for each run; none if it was not wanted.
    pub fn of_kind(&self, kind: MapKind) -> impl Iterator<Item = &Map> {
        self.maps.iter().filter(move |map| map.kind == kind)
    }

    /// The map of a kind, of several runs' the first.
    pub fn get(&self, kind: MapKind) -> Option<&Map> {
        self.of_kind(kind).next()
    }

    /// The values of the tSNR, NaN where it is undefined and outside the mask.
    ///
    /// # Panics
    /// If it is not among the maps: every analysis makes it.
    pub fn tsnr(&self) -> &[f64] {
        self.get(super::TSNR).expect("the tSNR is always made").values()
    }

    /// Takes the maps of a kind out of these.
    pub fn take(&mut self, kind: MapKind) -> Vec<Map> {
        self.maps.extract_if(.., |map| map.kind == kind).collect()
    }

    /// The values of a kind of map as an array `[x, y, z]`, of several runs' those of the first.
    pub fn array(&self, kind: MapKind) -> Option<ArrayView3<'_, f64>> {
        self.get(kind).map(|map| self.array_of(map))
    }

    /// The values of one of these maps as an array `[x, y, z]`.
    ///
    /// # Panics
    /// If it is of another grid.
    pub fn array_of<'a>(&self, map: &'a Map) -> ArrayView3<'a, f64> {
        let [x, y, z] = self.shape;
        ArrayView3::from_shape((x, y, z).f(), &map.values).expect("a map of this grid")
    }

    /// Whether each voxel has a tSNR, and why not: in the order of a file, first axis fastest.
    pub fn status(&self) -> &[Status] {
        &self.status
    }

    /// Whether each voxel has a tSNR in the run of this number in the session; none where there
    /// are no maps of each run.
    pub fn run_status(&self, run: usize) -> Option<&[Status]> {
        self.run_status.get(run).map(Vec::as_slice)
    }

    /// How many voxels have a tSNR, and why the others have none.
    pub fn counts(&self) -> Counts {
        Counts::from_statuses(&self.status)
    }

    /// The values of one of these maps as they are written, in the order of a file.
    pub fn written<'a>(
        &'a self,
        map: &'a Map,
        undefined: WrittenUndefined,
    ) -> impl ExactSizeIterator<Item = f64> + 'a {
        let statuses = match map.run {
            None => &self.status,
            Some(run) => &self.run_status[run],
        };
        let reason = |status| match (map.undefined_for, status) {
            (UndefinedFor::ReasonOfTsnr, _) | (_, Status::Outside) => status,
            (UndefinedFor::ItsOwnReason, _) => Status::NotFinite,
        };
        let voxels = map.values.iter().zip(statuses);
        voxels.map(move |(&value, &status)| undefined.written(value, reason(status)))
    }

    /// Takes the voxels out of every map that are not inside a mask: they become NaN there, and
    /// [`Status::Outside`].
    ///
    /// # Panics
    /// If the mask is of another number of voxels.
    pub fn hide_outside(&mut self, inside: &[bool]) {
        assert_eq!(inside.len(), self.status.len(), "a mask of this grid");
        for statuses in std::iter::once(&mut self.status).chain(&mut self.run_status) {
            hide(statuses, inside, Status::Outside);
        }
        for map in &mut self.maps {
            hide(&mut map.values, inside, f64::NAN);
        }
    }
}

fn hide<T: Copy>(voxels: &mut [T], inside: &[bool], outside: T) {
    for (voxel, &is_inside) in voxels.iter_mut().zip(inside) {
        if !is_inside {
            *voxel = outside;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BETWEEN, MEAN, RUN_TSNR, TSNR, Totals};
    use super::*;

    const TOTALS: Totals = Totals {
        volumes: 9.0,
        freedom: 9.0,
        mean_variance: 1.0 / 9.0,
        std_variance: 0.5 / 9.0,
        is_fit_within_runs: true,
    };

    /// A voxel of this mean; of 0 one that has no tSNR.
    fn voxel(mean: f64) -> VoxelFigures<'static> {
        let is_defined = mean != 0.0;
        VoxelFigures {
            mean,
            std: 1.0,
            tsnr: if is_defined { mean } else { f64::NAN },
            status: if is_defined { Status::Defined } else { Status::ConstantAbove },
            squares: 0.0,
            within: Some(0.0),
            totals: &TOTALS,
        }
    }

    fn wanted() -> Wanted {
        Wanted::from_iter([MEAN, RUN_TSNR, TSNR, BETWEEN])
    }

    /// The maps of `runs` runs, of voxels of these means in all of them and their negatives in each.
    fn maps(means: &[f64], runs: usize) -> Maps {
        let (wanted, voxels) = (wanted(), means.iter().map(|&it| voxel(it)).collect::<Vec<_>>());
        let mut of_session = Maps::of_session(&wanted, runs, means.len());
        of_session.add(&voxels);
        let own = |run| {
            let mut own = Maps::of_run(&wanted, run, means.len());
            own.add(&means.iter().map(|&it| voxel(-it - run as f64)).collect::<Vec<_>>());
            own
        };
        let own: Vec<Maps> = (0..runs).map(own).collect();
        of_session.with_runs(&own, 0..means.len(), &wanted)
    }

    fn names(maps: &Maps) -> Vec<(&str, Option<usize>)> {
        maps.iter().map(|map| (map.kind().name, map.run())).collect()
    }

    #[test]
    fn maps_are_in_the_order_in_which_they_were_wanted() {
        let maps = maps(&[1.0, 2.0], 2);
        let runs = [("run-tsnr", Some(0)), ("run-tsnr", Some(1))];
        assert_eq!(
            names(&maps),
            [("mean", None), runs[0], runs[1], ("tsnr", None), ("between", None)]
        );
        let own: Vec<&[f64]> = maps.of_kind(RUN_TSNR).map(Map::values).collect();
        assert_eq!(own, [[-1.0, -2.0], [-2.0, -3.0]]);
    }

    #[test]
    fn parts_are_joined_as_the_maps_of_the_whole_grid() {
        let whole = maps(&[1.0, 0.0, 3.0, 4.0, 5.0, 6.0], 2).on_grid([2, 1, 3]);
        let parts = [maps(&[1.0, 0.0, 3.0, 4.0], 2), maps(&[5.0], 2), maps(&[6.0], 2)];
        let joined = Maps::joined(parts, [2, 1, 3]);
        assert_eq!(names(&joined), names(&whole));
        for (joined, whole) in joined.iter().zip(whole.iter()) {
            let bits = |map: &Map| map.values().iter().map(|it| it.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(joined), bits(whole), "{}", whole.kind());
        }
        assert_eq!(joined.status(), whole.status());
        assert_eq!(
            [0, 1, 2].map(|it| joined.run_status(it)),
            [0, 1, 2].map(|it| whole.run_status(it))
        );
        assert_eq!(joined.counts(), Counts { defined: 5, constant: 1, ..Counts::default() });
        assert_eq!(joined.shape(), [2, 1, 3]);
    }

    #[test]
    fn the_first_axis_is_the_fastest() {
        let maps = maps(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1).on_grid([3, 1, 2]);
        let array = maps.array(MEAN).expect("a map that is wanted");
        assert_eq!(array.dim(), (3, 1, 2));
        assert_eq!([array[[1, 0, 0]], array[[0, 0, 1]]], [2.0, 4.0]);
        assert!(maps.array(super::super::STDERR).is_none());
    }

    #[test]
    fn what_is_outside_a_mask_is_0_in_every_map_whatever_is_undefined() {
        let mut maps = maps(&[1.0, 0.0, 3.0, 0.0], 2).on_grid([4, 1, 1]);
        maps.hide_outside(&[true, true, false, false]);
        assert_eq!(maps.counts(), Counts { defined: 1, constant: 1, ..Counts::default() });
        for how in [WrittenUndefined::Nan, WrittenUndefined::Division, WrittenUndefined::ZeroOrNan]
        {
            for map in maps.iter() {
                assert!(map.values()[2..].iter().all(|it| it.is_nan()), "{}", map.kind());
                let written: Vec<f64> = maps.written(map, how).collect();
                assert_eq!(written[2..], [0.0, 0.0], "{} {how:?}", map.kind());
            }
        }
    }

    #[test]
    fn nan_has_the_reason_of_the_tsnr_or_the_maps_own() {
        let written = |kind: MapKind, runs: usize| {
            let maps = maps(&[0.0], runs);
            let map = maps.get(kind).expect("a map that is wanted");
            maps.written(map, WrittenUndefined::Division).next().expect("a voxel")
        };
        assert_eq!(written(TSNR, 2), f64::INFINITY, "constant");
        assert!(written(BETWEEN, 2).is_nan(), "0/0");
        assert_eq!(written(MEAN, 2), 0.0, "a mean it has");
    }

    #[test]
    fn maps_are_taken_once() {
        let mut maps = maps(&[1.0, 2.0], 2);
        let taken: Vec<Vec<f64>> = maps.take(RUN_TSNR).into_iter().map(Map::into_values).collect();
        assert_eq!(taken, [[-1.0, -2.0], [-2.0, -3.0]]);
        assert!(maps.get(RUN_TSNR).is_none() && maps.get(MEAN).is_some());
    }
}
