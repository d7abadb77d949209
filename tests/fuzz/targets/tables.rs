//! Files of text beside a run of ten volumes: confounds, motion, lists of volumes to keep, and the
//! JSON that describes the run.

use super::is_meant;
use crate::bytes::{Header, INT16, Random};
use crate::driver::{Reached, Target};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tsnr::analysis::Planned;
use tsnr::error::{ErrorKind, Result};
use tsnr::recipe::Dummies;
use tsnr::{Cancellation, Recipe};

pub const TARGET: Target = Target {
    name: "tables",
    seeds,
    words: &[
        "\t",
        "\n",
        "n/a",
        "NaN",
        "nan",
        "inf",
        "1e308",
        "1e-320",
        "csf",
        "framewise_displacement",
        "std_dvars",
        "non_steady_state_outlier00",
        "cosine00",
        "trans_x",
        "#",
        "9@1",
        "99999999999@0",
        ",",
        " ",
        "\r\n",
        "\u{feff}",
        "\"",
        "{",
        "}",
        "\"RepetitionTime\":",
        "[",
        "-0",
    ],
    longest: 1 << 13,
    most_memory: 64 << 20,
    run,
};

/// The volumes of the run.
const VOLUMES: usize = 10;

/// A byte that says what the rest is, and of what use is made.
fn seeds() -> Vec<Vec<u8>> {
    let mut random = Random::new("tables");
    let mut table = String::from(
        "csf\ttrans_x\tframewise_displacement\tstd_dvars\tnon_steady_state_outlier00\tcosine00\n",
    );
    let mut motion = String::new();
    for volume in 0..VOLUMES {
        let missing =
            if volume == 0 { "n/a".to_owned() } else { format!("{}", random.normal().abs()) };
        let [csf, shift] = [random.normal(), random.normal()];
        let first = u8::from(volume == 0);
        table +=
            &format!("{csf}\t{shift}\t{missing}\t{missing}\t{first}\t{}\n", 0.1 * volume as f64);
        let columns = [(); 6].map(|()| format!("{:.5e}", random.normal()));
        motion += &format!(" {}\n", columns.join("  "));
    }
    let lists = ["1\n1\n1\n0\n1\n1\n1\n1\n1\n1\n", "3@1 0 6@1", "1,1,1,1,1,1,1,1,1,0\n# last\n"];
    let sidecars = [r#"{"RepetitionTime": 2.5, "TaskName": "rest"}"#, r#"{"RepetitionTime": "2"}"#];
    let seed = |kind: u8, text: &str| [&[kind][..], text.as_bytes()].concat();
    let of_tables =
        [0, 1, 2, 3].into_iter().flat_map(|kind| [seed(kind, &table), seed(kind, &motion)]);
    let of_lists = lists.iter().flat_map(|list| [seed(4, list), seed(5, list)]);
    of_tables.chain(of_lists).chain(sidecars.iter().map(|it| seed(6, it))).collect()
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let Some((&kind, text)) = input.split_first() else { return Reached::Head };
    let image = folder.join("sub-1_task-a_bold.nii");
    if !image.exists() {
        let voxels: Vec<f64> = (0..8 * VOLUMES).map(|it| (100 + it * it % 17) as f64).collect();
        let header = Header::new(INT16, 16, 2, 2, 2, VOLUMES as i16);
        fs::write(&image, header.file(&voxels)).expect("a file");
    }
    let [sidecar, table] = ["sub-1_task-a_bold.json", "table.txt"].map(|it| folder.join(it));
    let _ = fs::remove_file(&sidecar);
    let mut recipe = Recipe::new([&image]);
    recipe.computing.threads = std::num::NonZeroUsize::new(1);
    let kind = kind % 7;
    fs::write(if kind == 6 { &sidecar } else { &table }, text).expect("a file");
    match kind {
        4 | 5 => recipe.volumes.censor_lists = vec![table],
        6 => recipe.definition.highpass_seconds = Some(20.0),
        _ => recipe.confounds.tables = vec![table],
    }
    match kind {
        0 => recipe.confounds.columns = Some("*".to_owned()),
        1 => recipe.volumes.fd_threshold_mm = Some(0.5),
        2 => recipe.volumes.dvars_threshold = Some(1.0),
        3 => recipe.volumes.dummies = Dummies::Auto,
        _ => recipe.volumes.widening.before = usize::from(kind == 5),
    }
    reached(Planned::new(&recipe, Arc::new(()), &Cancellation::default()).and_then(Planned::run))
}

/// How far it came by how it ended: a table that does not go with the run was read.
fn reached<T>(outcome: Result<T>) -> Reached {
    match outcome {
        Ok(_) => Reached::End,
        Err(error) => {
            is_meant(&error);
            match error.kind() {
                ErrorKind::Mismatch => Reached::Content,
                _ => Reached::Head,
            }
        }
    }
}
