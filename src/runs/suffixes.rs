//! Images that are no runs, by the BIDS suffix of their names.

use super::Entities;

/// Suffixes of images that lie beside runs: references, masks and segmentations, anatomies, maps.
const BESIDE_RUNS: &[&str] = &[
    // References and what is made of runs.
    "sbref",
    "boldref",
    "mask",
    "brainmask",
    "dseg",
    "dtissue",
    "probseg",
    "probtissue",
    "defacemask",
    "statmap",
    "boldmap",
    "alff",
    "reho",
    "xfm",
    // Anatomies.
    "T1w",
    "T2w",
    "PDw",
    "PDT2",
    "FLAIR",
    "T2star",
    "T2starw",
    "inplaneT1",
    "inplaneT2",
    "angio",
    "UNIT1",
    "UNIT1mask",
    "VFA",
    "MESE",
    "MEGRE",
    "MP2RAGE",
    "MPM",
    "IRT1",
    "MTR",
    "MTS",
    "T1map",
    "T2map",
    "T2starmap",
    "R1map",
    "R2map",
    "R2starmap",
    "PDmap",
    "S0map",
    "M0map",
    "MTRmap",
    "MTsat",
    "MTVmap",
    "MWFmap",
    "Chimap",
    "T1rho",
    // Field maps.
    "phasediff",
    "fieldmap",
    "m0scan",
    "TB1map",
    "RB1map",
];

/// Suffixes of field maps that are words of other names, too: only a name with a `sub` means them.
const FIELD_MAPS: &[&str] = &["magnitude", "magnitude1", "magnitude2", "phase1", "phase2"];

/// Whether a name says by its BIDS suffix that the image is no run. A name without one, or with one
/// that BIDS does not have, is that of a run.
pub(super) fn is_beside_runs(file_name: &str) -> bool {
    let entities = Entities::of_file_name(file_name);
    let suffix = entities.suffix();
    // A name of one word has no suffix.
    if !file_name.contains('_') {
        return false;
    }
    let is_field_map = || {
        let is_epi =
            suffix == "epi" && entities.get("dir").is_some() && entities.get("task").is_none();
        entities.get("sub").is_some() && (is_epi || FIELD_MAPS.contains(&suffix))
    };
    BESIDE_RUNS.contains(&suffix) || is_field_map()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_run_is_told_by_its_suffix() {
        for name in [
            "sub-01_task-rest_space-MNI152NLin2009cAsym_desc-brain_mask.nii.gz",
            "sub-01_task-rest_boldref.nii.gz",
            "sub-01_task-rest_run-1_sbref.nii",
            "sub-01_label-GM_probseg.nii.gz",
            "sub-01_desc-aseg_dseg.nii.gz",
            "sub-01_T1w.nii.gz",
            "sub-01_inv-1_MP2RAGE.nii.gz",
            "sub-01_dir-AP_epi.nii.gz",
            "sub-01_phase1.nii.gz",
            "rest_mask.nii",
        ] {
            assert!(is_beside_runs(name), "{name}");
        }
        for name in [
            "sub-01_task-rest_bold.nii.gz",
            "sub-01_task-rest_part-phase_bold.nii.gz",
            "sub-01_asl.nii.gz",
            "sub-01_dwi.nii.gz",
            "sub-01_task-rest_dir-AP_epi.nii.gz",
            "mask.nii",
            "rest_phase1.nii",
            "run1_epi.nii",
            "unmask_masked.nii",
            "rest.nii.gz",
            "",
        ] {
            assert!(!is_beside_runs(name), "{name}");
        }
    }
}
