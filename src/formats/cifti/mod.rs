//! CIFTI-2: time courses, or maps, of points on the cortex and voxels below it (grayordinates), or of
//! parcels of them. A NIfTI-2 file whose extension of code 32 is an XML that says what its two axes are.
//!
//! | file | knows |
//! |---|---|
//! | `matrix` | the XML: what stands along a row, and of what structures the rows are |
//! | `places` | the XML: on which vertices and in which voxels the points lie |
//! | `reader` | the file: its size, its rows, each of them one time course |
//! | `writer` | maps: the same XML, with their names in the place of the series |
//!
//! Read are dense and parcellated series (`dtseries`, `ptseries`), and beside them maps and labels
//! (`dscalar`, `pscalar`, `dlabel`, `plabel`). The XML decides what a file is, not its intent code.

mod matrix;
mod places;
mod reader;
mod writer;

/// Names of the files of this format.
pub(super) const ENDINGS: [&str; 6] = [
    ".dtseries.nii",
    ".ptseries.nii",
    ".dscalar.nii",
    ".pscalar.nii",
    ".dlabel.nii",
    ".plabel.nii",
];

pub use reader::Image;
pub(super) use reader::is_cifti;
