//! The options of looking: a page, a picture, the terminal, and how slices are shown in them.

use super::ending_in;
use crate::export::html::Shown;
use crate::pictures::{Colormap, Paper, Range, Slices, View};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// How the maps are looked at, as it was typed.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct PictureArguments {
    /// Write one page about the session
    ///
    /// Its findings first, each with the way to its place, then figures, maps, courses over time, runs and
    /// slices. One file that loads nothing; only its own script runs, whose hash its policy names, and
    /// everything that matters is readable without. Light or dark as its reader, to be printed or sent.
    #[arg(long, value_name = "FILE.html", value_parser = ending_in(&[".html"]), help_heading = "Output")]
    pub report: Option<PathBuf>,

    /// Draw the hemispheres of CIFTI or GIFTI runs on the page, on these surfaces
    ///
    /// One or two, as L.midthickness.surf.gii R.midthickness.surf.gii, of the mesh that the runs have; of
    /// which hemisphere each is, it says itself, or else its name (hemi-L, .L., lh.).
    #[arg(long, value_name = "FILE.surf.gii", num_args = 1..=2, hide_short_help = true,
          help_heading = "Pictures")]
    pub surfaces: Vec<PathBuf>,

    /// Draw slices of the map as a picture
    #[arg(long, value_name = "FILE.png", value_parser = ending_in(&[".png"]), hide_short_help = true,
          help_heading = "Pictures")]
    pub png: Option<PathBuf>,

    /// Put the picture on dark paper
    #[arg(long, hide_short_help = true, help_heading = "Pictures")]
    pub dark: bool,

    /// Let what lies behind the picture be seen through its paper
    #[arg(long, hide_short_help = true, help_heading = "Pictures")]
    pub transparent: bool,

    /// Draw the tSNR of the picture over the mean, or over an image on the grid of the runs
    ///
    /// With a mask its edge is drawn, and what lies outside is shown.
    #[arg(long, value_name = "mean|FILE", hide_short_help = true, help_heading = "Pictures")]
    pub overlay: Option<PathBuf>,

    /// Width of the picture in pixels, 400 to 8000; letters grow with it
    #[arg(long, value_name = "PIXELS", value_parser = width, default_value = "1600",
          hide_short_help = true, help_heading = "Pictures")]
    width: usize,

    /// Show the distribution of the tSNR with the summary, and slices where the terminal has colours
    ///
    /// In a terminal the distribution is shown without this. Slices are drawn if COLORTERM or TERM
    /// tells of colours and NO_COLOR is not set; no colour is ever written into a pipe or file.
    #[arg(long, hide_short_help = true, help_heading = "Pictures")]
    pub preview: bool,

    /// From where a page or picture shows slices: axial, sagittal, coronal; or axial,coronal
    #[arg(long, value_name = "VIEWS", value_delimiter = ',', value_parser = view(),
          default_value = "axial", hide_short_help = true, help_heading = "Pictures")]
    views: Vec<View>,

    /// Which slices it shows: all, so many (9), or those of these indices from 0 (4,8,12)
    ///
    /// So many are spaced evenly over the slices with a defined voxel, with the worst one of the scan among
    /// them. One index is written with a comma behind it. [default: all; of a great many some, and
    /// beside axial slices a few sagittal ones]
    #[arg(long, value_name = "all|N|LIST", hide_short_help = true, help_heading = "Pictures")]
    pub slices: Option<Slices>,

    /// The tSNR at the two ends of the colours; auto is 0 and the 98th percentile [default: auto]
    #[arg(long, value_name = "LOW:HIGH|auto", value_parser = range,
          hide_short_help = true, help_heading = "Pictures")]
    range: Option<ChosenRange>,

    /// The colours of the tSNR: viridis, magma, inferno, cividis or gray
    #[arg(long, value_name = "NAME", value_parser = colormap(), default_value = "viridis",
          hide_possible_values = true, hide_short_help = true, help_heading = "Pictures")]
    pub colormap: Colormap,
}

/// The ends of the colours; none is auto.
type ChosenRange = Option<Range>;

impl PictureArguments {
    /// The files to write.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.report.iter().chain(&self.png).map(PathBuf::as_path)
    }

    /// The paper of the picture.
    pub fn paper(&self) -> Paper {
        let Self { width, dark, transparent, .. } = *self;
        Paper { width, is_dark: dark, is_transparent: transparent }
    }

    /// The memory that the picture takes, if one is drawn.
    pub fn picture_bytes(&self) -> u64 {
        self.png.as_ref().map_or(0, |_| Paper::DRAWING_BYTES)
    }

    /// The image that the picture is drawn over, if it is one.
    pub fn overlay_file(&self) -> Option<&Path> {
        self.overlay.as_deref().filter(|it| *it != Path::new("mean"))
    }

    /// The files that are read to draw on or over.
    pub fn files_read(&self) -> impl Iterator<Item = &Path> {
        self.overlay_file().into_iter().chain(self.surfaces.iter().map(PathBuf::as_path))
    }

    /// How the maps are looked at: each view once.
    pub fn shown(&self) -> Shown {
        let mut views: Vec<View> = Vec::new();
        for view in &self.views {
            if !views.contains(view) {
                views.push(*view);
            }
        }
        let range = self.range.flatten();
        Shown {
            views,
            slices: self.slices.clone(),
            range,
            colormap: self.colormap,
            surfaces: Vec::new(),
        }
    }
}

fn width(text: &str) -> Result<usize, String> {
    let (least, most) = (Paper::WIDTHS.start(), Paper::WIDTHS.end());
    let width = text.parse().ok().filter(|it| Paper::WIDTHS.contains(it));
    width.ok_or_else(|| format!("expected a number of pixels from {least} to {most}"))
}

fn view() -> impl TypedValueParser<Value = View> {
    let names = View::ALL.map(View::name);
    PossibleValuesParser::new(names).map(|it| View::of_name(&it).expect("a known name"))
}

/// A parser of the colour maps that lead from dark to light; the others are for differences.
fn colormap() -> impl TypedValueParser<Value = Colormap> {
    let names = Colormap::ALL.into_iter().filter(|it| *it != Colormap::Difference);
    let parser = PossibleValuesParser::new(names.map(Colormap::name));
    parser.map(|it| Colormap::of_name(&it).expect("a known name"))
}

fn range(text: &str) -> Result<ChosenRange, String> {
    if text == "auto" { Ok(None) } else { text.parse().map(Some) }
}
