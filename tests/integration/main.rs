//! The tests of the whole project, in one program: a module holds one promise.

/// The generator of the test data, whose files tests make too.
#[allow(dead_code)]
#[path = "../../testdata/make.rs"]
mod make;
mod program;

mod architecture;
mod atlas;
mod command_line;
mod compare;
mod confounds;
mod definitions;
mod diagnostics;
mod diff;
mod graph_budget;
mod graph_properties;
mod graph_scheduler;
mod graphs;
mod guide;
mod inflate;
mod json;
mod malformed;
mod mask;
mod memory;
mod modes;
mod options;
mod output;
mod pictures;
mod plan;
mod readme;
mod reference_data;
mod regions;
mod report;
mod specimens;
mod testdata;
