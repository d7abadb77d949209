//! Two maps of one grid, voxel by voxel where both have a value.

/// Two maps and what follows from them, one value for each voxel; NaN in all four where one of the
/// maps has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// The first map, against which the second is held.
    pub a: Vec<f64>,
    /// The second map.
    pub b: Vec<f64>,
    /// `b - a`.
    pub difference: Vec<f64>,
    /// `b / a`; NaN also where the first is 0.
    pub ratio: Vec<f64>,
}

impl Pairs {
    /// The names of the four maps, in the order of [`Pairs::maps`].
    pub const NAMES: [&'static str; 4] = ["A", "B", "difference", "ratio"];

    /// Pairs of two maps, in which NaN and infinity are no values.
    ///
    /// # Panics
    /// If the maps have different numbers of voxels.
    pub fn from_maps(a: &[f64], b: &[f64]) -> Pairs {
        assert_eq!(a.len(), b.len(), "maps of one grid");
        let pairs = |of: fn(f64, f64) -> f64| -> Vec<f64> {
            let both = a.iter().zip(b);
            both.map(|(&a, &b)| if a.is_finite() && b.is_finite() { of(a, b) } else { f64::NAN })
                .collect()
        };
        Pairs {
            a: pairs(|a, _| a),
            b: pairs(|_, b| b),
            difference: pairs(|a, b| b - a),
            ratio: pairs(|a, b| if a == 0.0 { f64::NAN } else { b / a }),
        }
    }

    /// The four maps, each with its name.
    pub fn maps(&self) -> [(&'static str, &[f64]); 4] {
        let maps: [&[f64]; 4] = [&self.a, &self.b, &self.difference, &self.ratio];
        std::array::from_fn(|it| (Pairs::NAMES[it], maps[it]))
    }

    /// How many voxels have a value in both maps.
    pub fn count(&self) -> usize {
        self.a.iter().filter(|value| value.is_finite()).count()
    }

    /// How many of these voxels are higher in the second map.
    pub fn higher_count(&self) -> usize {
        self.difference.iter().filter(|value| **value > 0.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_voxels_with_two_values_are_pairs() {
        let nan = f64::NAN;
        let a = [4.0, 2.0, nan, 5.0, 0.0, 1.0, nan];
        let b = [6.0, 1.0, 3.0, nan, 2.0, f64::INFINITY, nan];
        let pairs = Pairs::from_maps(&a, &b);
        let shown = pairs.maps().map(|(name, map)| format!("{name} {map:?}"));
        assert_eq!(
            shown,
            [
                "A [4.0, 2.0, NaN, NaN, 0.0, NaN, NaN]",
                "B [6.0, 1.0, NaN, NaN, 2.0, NaN, NaN]",
                "difference [2.0, -1.0, NaN, NaN, 2.0, NaN, NaN]",
                "ratio [1.5, 0.5, NaN, NaN, NaN, NaN, NaN]",
            ]
        );
        assert_eq!((pairs.count(), pairs.higher_count()), (3, 2));
    }
}
