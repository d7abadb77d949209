//! The tests of the whole project, in one program: a module holds one promise.
//!
//! `cargo test` needs nothing but cargo. A test that needs Python, a browser or the real runs in
//! `../shared/data` is ignored with that reason, fails without what it needs, and is run by
//! `.ci/run`; one that takes long is run by `.ci/run-all`, and has `without_end` in its name.

/// The generator of the test data, whose files tests make too.
#[allow(dead_code)]
#[path = "../../testdata/make.rs"]
mod make;
mod program;

mod architecture;
mod atlas;
mod beside;
mod browser;
mod changed;
mod cifti;
mod command_line;
mod compare;
mod confounds;
mod definitions;
mod diagnostics;
mod diff;
mod every_option;
mod faults;
mod formats;
mod gifti;
mod graphs;
mod guide;
mod info;
mod json;
mod judging;
mod malformed;
mod map_header;
mod mask;
mod memory;
mod messages;
mod modes;
mod nifti2;
mod options;
mod output;
mod pairs;
mod pictures;
mod plan;
mod readme;
mod reference_data;
mod regions;
mod report;
mod reproducible;
mod runs;
mod specimens;
mod streams;
mod testdata;
mod together;
mod workbench;
