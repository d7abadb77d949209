//! Whether the maps of all contenders agree.

use super::{Contender, Difference, Disagreement, Rounding};
use crate::error::{Error, Result};
use crate::recipe::Recipe;
use crate::runs::Session;
use crate::voxels::Scaling;

impl Rounding {
    /// How exactly the modes agree on the runs of a session.
    ///
    /// # Errors
    /// Settings of the recipe that contradict each other.
    pub fn of_session(recipe: &Recipe, session: &Session) -> Result<Rounding> {
        let scalings = session.images().map(|image| image.scaling());
        let scaled = scalings.filter(|it| *it != Scaling::IDENTITY);
        Ok(Rounding {
            is_fitted: recipe.resolved()?.fits_something(),
            intercept: scaled.map(|it| it.intercept().abs()).reduce(f64::max),
        })
    }
}

/// Notes how far each map, of a grid of this shape, is from the first that was computed.
///
/// # Errors
/// The first two that disagree; a map that cannot be read.
pub fn compare_maps(
    contenders: &mut [Contender],
    map: impl Fn(usize) -> Result<Vec<f64>>,
    tolerance: impl Fn(usize, f64) -> f64,
    shape: [usize; 3],
) -> Result<()> {
    let mut runnable = (0..contenders.len()).filter(|&it| contenders[it].skipped.is_none());
    let Some(first) = runnable.next() else { return Ok(()) };
    let (others, reference) = (runnable.collect::<Vec<_>>(), map(first)?);
    let mut outcome = Ok(());
    for index in others {
        let (difference, at) = Difference::between(&map(index)?, &reference, &tolerance);
        contenders[index].difference = Some(difference);
        if let Some(at) = at {
            let allowed = tolerance(at.voxel, at.reference);
            let error = disagreement(&contenders[index], &contenders[first], at, allowed, shape);
            outcome = outcome.and(Err(error));
        }
    }
    outcome
}

fn disagreement(
    this: &Contender,
    reference: &Contender,
    at: Disagreement,
    allowed: f64,
    [nx, ny, _]: [usize; 3],
) -> Error {
    let [x, y, z] = [at.voxel % nx, at.voxel / nx % ny, at.voxel / (nx * ny)];
    let values = format!(
        "the modes disagree in voxel [{x}, {y}, {z}]: {} has {}, {} has {}",
        this.name(),
        at.value,
        reference.name(),
        at.reference
    );
    let apart = (at.value - at.reference).abs();
    if apart.is_nan() {
        return Error::defect(values).remedy(
            "unless an intercept is so large that it swallows the scaled samples, or a fit leaves \
             almost nothing, so that rounding decides whether the voxel is constant, this is a \
             defect of tsnr: please report it",
        );
    }
    Error::defect(format!("{values}, {apart:.1e} apart where rounding explains {allowed:.1e}"))
        .remedy("this is a defect of tsnr: please report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(mode: &str) -> Contender {
        Contender::new(mode, 2, 9)
    }

    #[test]
    fn modes_that_disagree_are_an_error_that_names_both_and_the_voxel() {
        let maps = [vec![1.0; 12], vec![1.0 + 1e-13; 12], vec![1.0; 12], vec![1.0; 12]];
        let compared = |maps: &[Vec<f64>]| {
            let mut contenders = ["serial", "delayed", "array", "array"].map(contender);
            contenders[2].skipped = Some("not run".to_owned());
            let map = |it: usize| Ok(maps[it].clone());
            let outcome = compare_maps(&mut contenders, map, |_, _| 1e-12, [2, 3, 2]);
            (outcome, contenders.map(|it| it.difference))
        };
        let (outcome, differences) = compared(&maps);
        outcome.unwrap();
        assert_eq!([differences[0], differences[2]], [None, None]);
        assert_eq!(differences[1].unwrap().absolute, 1.0 + 1e-13 - 1.0);
        assert_eq!(differences[3], Some(Difference::default()));

        let mut maps = maps;
        maps[3][9] = 1.0 + 1e-11;
        let (outcome, differences) = compared(&maps);
        assert!(differences[1].is_some());
        assert_eq!(differences[3].unwrap().absolute, 1.0 + 1e-11 - 1.0, "its row shows it");
        let said = outcome.unwrap_err().to_string();
        assert!(!said.contains("1 threads"), "{said}");
        let expected = "voxel [1, 1, 1]: array mode, 2 threads has 1.00000000001, serial mode";
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("1.0e-11 apart where rounding explains 1.0e-12"), "{said}");
        maps[3][9] = f64::NAN;
        assert!(compared(&maps).0.is_err(), "only one of them defines it");
    }
}
