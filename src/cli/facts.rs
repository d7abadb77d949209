//! What a page tells of a session, from what was asked for and what came out.

use super::choices::Chosen;
use super::outcome::{NamedMask, Outcome, Work};
use super::{clock, resources, summary};
use crate::design;
use crate::error::{Error, Result};
use crate::formats::{Geometry, Source};
use crate::modelling::{Named, Request};
use crate::pictures::Grid;
use crate::pipeline::{self, Mode, RunSignals, Session, in_file_order};
use crate::profile::{Profile, What};
use crate::report::facts::{
    Definition, Facts, InputFile, Maps, Mask, Phase, Provenance, Quartiles, Run, Shown, Undefined,
    Use, Warning,
};
use ndarray::Array3;
use std::ffi::OsString;
use std::fs;
use std::mem::take;

/// Where the voxels of an image lie, in millimetres.
pub(super) fn grid(geometry: &Geometry) -> Grid {
    let unit = geometry.unit.millimetres();
    Grid { shape: geometry.shape, affine: geometry.affine.0.map(|row| row.map(|it| it * unit)) }
}

/// Which session it is, in a few words: what the names of its runs have in common.
pub(super) fn title(session: &Session) -> String {
    let names: Vec<String> = session.runs().iter().map(pipeline::Run::name).collect();
    title_of(&names)
}

fn title_of(names: &[String]) -> String {
    let (first, others) = names.split_first().expect("a run at least");
    if others.is_empty() {
        return first.clone();
    }
    let parts: Vec<&str> = first.split('_').collect();
    let is_common =
        |at: &usize| others.iter().all(|it| it.split('_').nth(*at) == parts.get(*at).copied());
    let common = parts[..(0..parts.len()).take_while(is_common).count()].join(" ");
    match common.as_str() {
        "" => format!("{first} and {} more", others.len()),
        common => format!("{common}, {} runs", names.len()),
    }
}

/// The facts of a run of the program, with its task graph as an SVG and what happened so far.
/// The maps that only a page shows are taken out of the outcome.
///
/// # Errors
/// An input whose size cannot be had any more.
pub(super) fn of_run(
    outcome: &mut Outcome,
    work: &Work,
    graph_svg: String,
    profile: &Profile,
) -> Result<Facts> {
    let Work { arguments, chosen, request, prepared, settings } = *work;
    let session = &prepared.session;
    let mask = outcome.mask.as_ref().map(|NamedMask { name, mask, .. }| Mask {
        name: name.clone(),
        voxels: mask.inside().to_vec(),
    });
    let mask_name = mask.as_ref().map(|it| it.name.as_str());
    let sentence = chosen.sentence(prepared, request, mask_name);
    let undefined =
        |(voxels, reason): (usize, &str)| Undefined { reason: reason.to_owned(), voxels };
    let warning = |it: &crate::diagnostics::Finding| Warning {
        name: it.name.to_owned(),
        text: it.text.clone(),
        remedy: it.remedy.clone(),
    };
    let (between, found) = (outcome.between, *outcome.summary());
    let options = &arguments.pictures;
    Ok(Facts {
        title: title(session),
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command_line: command_line(std::env::args_os()),
            date: clock::now(),
            wall_seconds: profile.wall_seconds,
            peak_bytes: resources::peak_memory_bytes(),
            mode: settings.mode.to_string(),
            threads: if settings.mode == Mode::Serial { 1 } else { settings.threads.get() },
        },
        definition: Definition {
            name: definition_name(chosen, request),
            formula: chosen.in_words(prepared, request),
            sentence,
        },
        grid: grid(session.geometry()),
        shown: Shown {
            views: options.views(),
            slices: options.slices.clone(),
            range: options.range(),
            colormap: options.colormap,
        },
        runs: runs(outcome, work)?,
        summary: found.distribution.as_ref().map(|it| {
            let [q05, q25, q75, q95] = it.quantiles;
            let voxels = found.voxels - found.undefined;
            Quartiles { voxels, q05, q25, median: it.median, q75, q95 }
        }),
        undefined: summary::reasons(outcome.counts).into_iter().map(undefined).collect(),
        between_runs_share: between.map(|it| it.share),
        concat_median: between.map(|it| it.concat_median),
        demean_median: between.map(|it| it.demean_median),
        warnings: outcome.findings.iter().map(warning).collect(),
        graph_svg: Some(graph_svg),
        phases: phases(profile),
        regions: Vec::new(),
        mask,
        maps: maps(&mut outcome.maps),
    })
}

/// The name of the definition, and whether options make it another one.
fn definition_name(chosen: &Chosen, request: &Request) -> String {
    let name = chosen.named.map_or("numpy", Named::name);
    let own = chosen.named.map(Named::definition).unwrap_or_default();
    let fits_more = request.highpass_seconds.is_some()
        || request.confound_columns.is_some()
        || request.polynomial_order != chosen.named.map_or(0, Named::polynomial_order);
    match chosen.definition != own || fits_more {
        true => format!("{name}, with other options"),
        false => name.to_owned(),
    }
}

/// What was typed, as a shell would take it again; the program by its name.
pub(super) fn command_line(arguments: impl Iterator<Item = OsString>) -> String {
    let quoted = |word: OsString| {
        let word = word.to_string_lossy().into_owned();
        let is_plain = |it: char| it.is_alphanumeric() || "-_./:=,+@%".contains(it);
        match !word.is_empty() && word.chars().all(is_plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    };
    let typed = arguments.skip(1).map(quoted);
    std::iter::once("tsnr".to_owned()).chain(typed).collect::<Vec<_>>().join(" ")
}

fn phases(profile: &Profile) -> Vec<Phase> {
    let phase = |span: &crate::profile::Span| match span.what {
        What::Phase(name) => Some(Phase { name: name.to_owned(), seconds: span.seconds }),
        What::Task { .. } => None,
    };
    profile.spans.iter().filter_map(phase).collect()
}

fn runs(outcome: &mut Outcome, work: &Work) -> Result<Vec<Run>> {
    let prepared = work.prepared;
    let mut own = take(&mut outcome.maps.runs).into_iter().map(values);
    let mut signals = take(&mut outcome.maps.signals).into_iter();
    let mut runs = Vec::new();
    for (number, (run, prepared)) in prepared.session.runs().iter().zip(&prepared.runs).enumerate()
    {
        let RunSignals { global, dvars } = signals.next().unwrap_or_default();
        runs.push(Run {
            name: run.name(),
            files: run.images().iter().map(|it| input_file(&**it)).collect::<Result<_>>()?,
            tr_seconds: run.tr_seconds(),
            volumes: prepared.uses.iter().copied().map(what_became).collect(),
            regressors: prepared.regressors.len() - prepared.dependent.len(),
            global_signal: global,
            dvars,
            tsnr: own.next(),
            median_tsnr: outcome.run_medians.get(number).copied().flatten(),
        });
    }
    Ok(runs)
}

fn input_file(image: &dyn Source) -> Result<InputFile> {
    let metadata = fs::metadata(image.path())
        .map_err(|error| Error::io("cannot look at the file once more", error).at(image.path()))?;
    let hash = hmac_sha256::Hash::hash(image.header_bytes());
    Ok(InputFile {
        path: image.path().display().to_string(),
        bytes: metadata.len(),
        header_sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

fn what_became(volume: design::Use) -> Use {
    match volume {
        design::Use::Used => Use::Used,
        design::Use::NotChosen => Use::NotChosen,
        design::Use::Dummy => Use::Dummy,
        design::Use::Censored => Use::Censored,
    }
}

/// The maps as they are shown: where a voxel is always 0, there is nothing in any of them.
fn maps(maps: &mut pipeline::Maps) -> Maps {
    let tsnr = in_file_order(&maps.tsnr).to_vec();
    let [mut mean, mut std] = [&mut maps.mean, &mut maps.std]
        .map(|map| values(map.take().expect("a page needs mean and std")));
    for (mean, std) in mean.iter_mut().zip(&mut std) {
        if *mean == 0.0 && *std == 0.0 {
            (*mean, *std) = (f64::NAN, f64::NAN);
        }
    }
    Maps { tsnr, mean, std }
}

/// The values of a map, in the order of the file.
fn values(map: Array3<f64>) -> Vec<f64> {
    debug_assert_eq!(in_file_order(&map).len(), map.len());
    map.into_raw_vec_and_offset().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_by_what_its_runs_have_in_common() {
        let title =
            |names: &[&str]| title_of(&names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(title(&["sub-01_task-rest_run-1_bold"]), "sub-01_task-rest_run-1_bold");
        assert_eq!(
            title(&["sub-01_task-rest_run-1_bold", "sub-01_task-rest_run-2_bold"]),
            "sub-01 task-rest, 2 runs"
        );
        assert_eq!(title(&["a", "b", "c"]), "a and 2 more");
        assert_eq!(title(&["a_b", "a"]), "a, 2 runs");
    }

    #[test]
    fn a_command_line_can_be_typed_again() {
        let typed = ["/usr/bin/tsnr", "func/*_bold.nii.gz", "-o", "it's.nii", "--range=0:90", ""];
        assert_eq!(
            command_line(typed.iter().map(OsString::from)),
            r"tsnr 'func/*_bold.nii.gz' -o 'it'\''s.nii' --range=0:90 ''"
        );
    }
}
