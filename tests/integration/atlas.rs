//! Tables of regions: figures are numpy's, numbers read back as they were, every column is
//! described, and a table in plain code says the same.

use proptest::prelude::*;
use std::time::{Duration, Instant};
use tsnr::regions::Mask;
use tsnr::regions::{LabelNames, Regions, Row, sidecar, table, tsv};

const SHAPE: [usize; 3] = [3, 2, 2];

// Labels, mask and runs of tests/table_check.py.
const LABELS: [f64; 12] = [0.0, 3.0, 3.0, 8.0, 3.0, 8.0, 0.0, 3.0, 3.0, 3.0, 8.0, 3.0];
const MASK: [f64; 12] = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0];
const NAN: f64 = f64::NAN;
const RUN_1: [f64; 12] = [9.0, 52.1, 48.7, NAN, 61.3, NAN, 9.0, 0.1, 77.0, -3.9, NAN, 5.0];
const RUN_2: [f64; 12] =
    [9.0, 1e-7, 3e17, 20.25, 2.0 / 3.0, 1.0, 9.0, 1.0 / 3.0, 77.0, 12.0, 8.0, 5.0];

fn made_table(mask: Option<&Mask>) -> Vec<Row> {
    let names = LabelNames::parse("index\tname\n3\tGrey Matter\n5\tabsent\n").unwrap();
    let regions = Regions::labelled(SHAPE, &LABELS, &names).unwrap();
    table(&regions, &[("run-1", &RUN_1), ("all", &RUN_2)], mask)
}

/// The fields of a table below its head.
fn fields(tsv: &str) -> Vec<Vec<&str>> {
    tsv.lines().skip(1).map(|line| line.split('\t').collect()).collect()
}

#[test]
fn the_figures_of_regions_in_a_mask_are_those_of_numpy() {
    let mask = Mask::of_values(SHAPE, &MASK);
    let head = "index\tname\trun\tvoxels\tundefined\tmean\tmedian\tq05\tq25\tq75\tq95\n";
    // numpy 2.4.6: python tests/table_check.py, "masked".
    let rows = "\
        3\tGrey Matter\trun-1\t5\t0\t31.660000000000004\t48.7\t-3.0999999999999996\t0.1\t52.1\t59.459999999999994\n\
        3\tGrey Matter\tall\t5\t0\t6e16\t0.6666666666666666\t0.06666674666666667\t0.3333333333333333\t12.0\t2.3999999999999994e17\n\
        5\tabsent\trun-1\t0\t0\tn/a\tn/a\tn/a\tn/a\tn/a\tn/a\n\
        5\tabsent\tall\t0\t0\tn/a\tn/a\tn/a\tn/a\tn/a\tn/a\n\
        8\tlabel-8\trun-1\t3\t3\tn/a\tn/a\tn/a\tn/a\tn/a\tn/a\n\
        8\tlabel-8\tall\t3\t0\t9.75\t8.0\t1.7000000000000002\t4.5\t14.125\t19.025\n";
    assert_eq!(tsv(&made_table(Some(&mask))), format!("{head}{rows}"));
}

#[test]
fn the_figures_of_regions_without_a_mask_are_those_of_numpy() {
    let text = tsv(&made_table(None));
    // numpy 2.4.6: python tests/table_check.py, "not masked".
    let expected = [
        "7 0 34.32857142857143 48.7 -2.6999999999999997 2.55 56.7 72.28999999999999",
        "7 0 4.285714285714286e16 5.0 0.10000007000000001 0.5 44.5 2.099999999999998e17",
    ];
    let found: Vec<String> = fields(&text).iter().map(|fields| fields[3..].join(" ")).collect();
    assert_eq!(found[..2], expected);
}

#[test]
fn numbers_read_back_are_the_same() {
    let rows = made_table(None);
    let text = tsv(&rows);
    for (fields, row) in fields(&text).iter().zip(&rows) {
        let Some(distribution) = row.summary.distribution else { continue };
        let figures: Vec<f64> = fields[5..].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(figures[..2], [distribution.mean, distribution.median]);
        assert_eq!(figures[2..], distribution.quantiles);
    }
}

#[test]
fn names_never_break_the_table() {
    let mut regions = Regions::none([1, 1, 1]);
    regions.add_probable("a\tb\nc", &[1.0], 0.5).unwrap();
    regions.add_probable(" ", &[1.0], 0.5).unwrap();
    let text = tsv(&table(&regions, &[("run\t1", &[2.0])], None));
    let fields = fields(&text);
    assert_eq!(fields[0][..3], ["1", "a b c", "run 1"]);
    assert_eq!(fields[1][..3], ["2", "n/a", "run 1"]);
    assert!(fields.iter().all(|fields| fields.len() == 11));
}

#[test]
fn every_column_is_described_and_nothing_else() {
    let described: serde_json::Value = serde_json::from_str(&sidecar("tSNR", &[])).unwrap();
    let described = described.as_object().unwrap();
    let head = tsv(&[]);
    let columns: Vec<&str> = head.trim_end().split('\t').collect();
    assert_eq!(described.len(), columns.len());
    for column in columns {
        let about = &described[column];
        assert!(about["LongName"].is_string() && about["Description"].is_string(), "{column}");
        let is_number = !["index", "name", "run"].contains(&column);
        assert_eq!(about.get("Units").is_some(), is_number, "{column}");
    }
    assert_eq!(described["q05"]["LongName"], "5 % quantile of tSNR");
}

/// A quantile by its definition, and nothing else.
fn plain_quantile(sorted: &[f64], q: f64) -> f64 {
    let exact = (sorted.len() - 1) as f64 * q;
    let (below, above) = (sorted[exact.floor() as usize], sorted[exact.ceil() as usize]);
    below * (1.0 - exact.fract()) + above * exact.fract()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * (1.0 + expected.abs())
}

proptest! {
    #[test]
    fn a_table_in_plain_code_says_the_same(
        voxels in prop::collection::vec((0..4_i64, any::<bool>(), -100..100_i32, 0..9), 1..60),
        is_masked in any::<bool>(),
    ) {
        let shape = [voxels.len(), 1, 1];
        let labels: Vec<f64> = voxels.iter().map(|voxel| voxel.0 as f64).collect();
        let map: Vec<f64> = voxels
            .iter()
            .map(|voxel| if voxel.3 == 0 { NAN } else { f64::from(voxel.2) / 7.0 })
            .collect();
        let mask = Mask::new(shape, voxels.iter().map(|voxel| voxel.1).collect());
        let regions = Regions::labelled(shape, &labels, &LabelNames::default()).unwrap();
        let rows = table(&regions, &[("all", &map)], is_masked.then_some(&mask));

        let mut present: Vec<i64> = voxels.iter().map(|voxel| voxel.0).collect();
        present.sort();
        present.dedup();
        present.retain(|&label| label != 0);
        prop_assert_eq!(rows.iter().map(|row| row.index).collect::<Vec<_>>(), present);
        for row in rows {
            let of_region: Vec<f64> = (0..voxels.len())
                .filter(|&voxel| voxels[voxel].0 == row.index && (voxels[voxel].1 || !is_masked))
                .map(|voxel| map[voxel])
                .collect();
            let mut defined: Vec<f64> = of_region.clone();
            defined.retain(|value| !value.is_nan());
            defined.sort_by(f64::total_cmp);
            prop_assert_eq!(row.summary.voxels, of_region.len());
            prop_assert_eq!(row.summary.undefined, of_region.len() - defined.len());
            let Some(found) = row.summary.distribution else {
                prop_assert!(defined.is_empty());
                continue;
            };
            prop_assert!(close(found.mean, defined.iter().sum::<f64>() / defined.len() as f64));
            prop_assert!(close(found.median, plain_quantile(&defined, 0.5)));
            for (found, q) in found.quantiles.into_iter().zip([0.05, 0.25, 0.75, 0.95]) {
                prop_assert!(close(found, plain_quantile(&defined, q)));
            }
        }
    }

    #[test]
    fn no_text_of_a_label_table_makes_a_panic(text in "(index\tname|<atlas>|#|1 A)?[\\PC\n\t]{0,40}") {
        let _ = LabelNames::parse(&text);
    }
}

#[test]
fn a_large_atlas_and_five_runs_take_a_moment() {
    let shape = [100, 100, 80];
    let voxels = shape.iter().product();
    let labels: Vec<f64> = (0..voxels).map(|voxel| (voxel / 2500 % 300) as f64).collect();
    let map: Vec<f64> = (0..voxels as u64)
        .map(|voxel| (voxel.wrapping_mul(6364136223846793005) >> 40) as f64)
        .collect();
    let started = Instant::now();
    let regions = Regions::labelled(shape, &labels, &LabelNames::default()).unwrap();
    let maps = ["1", "2", "3", "4", "5"].map(|run| (run, &*map));
    let rows = table(&regions, &maps, None);
    let took = started.elapsed();
    println!("{} rows of {voxels} voxels in {took:?}", rows.len());
    assert_eq!(rows.len(), 5 * 299);
    // A limit that only an algorithm of another order would pass, on a busy machine, unoptimised.
    assert!(took < Duration::from_secs(5), "{took:?}");
}
