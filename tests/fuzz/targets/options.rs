//! Command lines: each is refused with words, or understood as a recipe that is plain data.

use super::is_meant;
use crate::driver::{Reached, Target};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use tsnr::Recipe;

pub const TARGET: Target = Target {
    name: "options",
    seeds,
    words: &[
        "--",
        "-o",
        "-q",
        "--output=a.nii",
        "--mask=auto",
        "--map=cv=a.nii",
        "--combine=demean",
        "--definition=afni",
        "--detrend=2",
        "--highpass=100",
        "--ddof=rank",
        "--tr=2",
        "--confounds=a.tsv",
        "--confound-columns=a,b*",
        "--dummy-scans=auto",
        "--volumes=2:",
        "--censor=a.1D",
        "--fd-thresh=0.5",
        "--censor-before=1",
        "--atlas=a.nii",
        "--tissue=a=b.nii",
        "--table=t.tsv",
        "--json=-",
        "--range=-1:2",
        "--slices=1,2",
        "--views=axial",
        "--png=a.png",
        "--threads=2",
        "--mem-limit=1.5G",
        "--definitions",
        "--compare",
        "--repeat=2",
        "--dry-run",
        "diff",
        "compare",
        "run",
        "=",
        "\n",
        "~/",
        "é",
        "1e400",
        "nan",
        "-0",
        "18446744073709551616",
    ],
    longest: 1 << 11,
    most_memory: 32 << 20,
    run,
};

/// An argument a line.
fn seeds() -> Vec<Vec<u8>> {
    let lines = [
        "a.nii\n-o\nb.nii",
        "a*.nii\n--output=b.nii.gz\n--combine=demean\n--detrend\n2\n--ddof=rank\n--mask=auto",
        "run\na.nii\n--json\nj.json\n--report\nr.html\n--views\naxial,coronal\n--slices\n1,2,3",
        "a.nii\n--confounds\nc.tsv\n--confound-columns\ntrans_*,rot_?\n--fd-thresh\n0.5\n--preview",
        "a.nii\n--table\nt.tsv\n--atlas\nl.nii\n--atlas-labels\nl.tsv\n--tissue\nGM=g.nii",
        "a.nii\n-o\nb.nii\n--visualize\ng.svg\n--color-by\norder\n--profile\np.html\n--mode\ndelayed",
        "compare\na.nii\n--threads\n1,2,4\n--repeat\n1\n--mem-limit\n512M",
        "diff\na.nii\nb.nii\n--names\none,two\n--ratio\nr.nii\n--any-definition",
        "a.nii\n--definitions\n--volumes\n1:20\n--dummy-scans\n2\n--censor\nk.1D\n--censor-after\n1",
    ];
    lines.iter().map(|it| it.as_bytes().to_vec()).collect()
}

fn run(input: &[u8], _: &Path) -> Reached {
    let words = input.split(|byte| *byte == b'\n').map(|it| OsString::from_vec(it.to_vec()));
    let arguments: Vec<OsString> = [OsString::from("tsnr")].into_iter().chain(words).collect();
    let recipe = match tsnr::cli::recipe_of(&arguments) {
        Ok(recipe) => recipe,
        Err(text) => {
            assert!(!text.trim().is_empty(), "it is refused without a word");
            // What is refused for how options go together was understood by itself.
            let is_understood = ["cannot be used with", " needs ", "by itself", "one file"];
            let is_understood = is_understood.iter().any(|it| text.contains(it));
            return if is_understood { Reached::Content } else { Reached::Head };
        }
    };
    let Some(recipe) = recipe else { return Reached::End };
    if let Ok(text) = serde_json::to_string(&recipe) {
        let again: Recipe = serde_json::from_str(&text).expect("a recipe is read back");
        assert!(again == recipe, "{text} is read back otherwise");
    }
    match recipe.resolved() {
        Ok(_) => Reached::End,
        Err(error) => {
            is_meant(&error);
            Reached::Content
        }
    }
}
