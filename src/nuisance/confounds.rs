//! A table of confounds.

use super::motion::{Motion, MotionProgram, PARAMETERS, framewise_displacement};
use super::text::{quoted, read_text};
use crate::error::{Error, Result};
use crate::recipe::Selection;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// No table may be larger. One of 10 000 volumes in 500 columns takes 95 MB.
const MOST_BYTES: u64 = 128 << 20;

/// No table may have more columns, as each takes memory by itself. fMRIPrep's have hundreds.
const MOST_COLUMNS: usize = 100_000;

const EXPECTED: &str = "a table of confounds, separated by tabs";

/// The column of the framewise displacement, in fMRIPrep and before its version 1.2.
const DISPLACEMENTS: [&str; 2] = ["framewise_displacement", "FramewiseDisplacement"];

/// The names that fMRIPrep had for the [`PARAMETERS`] before its version 1.2.
const OLD_PARAMETERS: [&str; 6] = ["X", "Y", "Z", "RotX", "RotY", "RotZ"];

/// Columns that fMRIPrep writes for every run, or with each set of its CompCor columns. A table that
/// has one and no flag of a volume that is not steady says that there is none.
const OF_FMRIPREP: [&str; 2] = ["std_dvars", "cosine00"];

/// How the columns begin that flag a volume that is not steady.
const NOT_STEADY: &str = "non_steady_state_outlier";

/// A run's confounds: named columns, with a value for each volume.
///
/// The file has a line of names, then a line for each volume, cells separated by tabs; it may
/// have a byte order mark, CRLF, spaces or double quotes around a cell. Lines that begin with `#` are
/// comments; blank lines are passed over, but in a table of one column they are missing values, other
/// than at its end. `n/a`, `NA` and `nan` in any case, and empty cells, are missing values. Which of
/// them are allowed, and what they count as, depends on the use:
///
/// | use | first row | elsewhere |
/// |---|---|---|
/// | [`selected`](Table::selected) | the value of the second row, as in nilearn's `load_confounds` | an error |
/// | [`framewise_displacement_above`](Table::framewise_displacement_above), [`std_dvars_above`](Table::std_dvars_above) | 0, so the volume is kept | an error |
/// | [`non_steady_volumes`](Table::non_steady_volumes) | an error | an error |
///
/// The first row is where fMRIPrep writes `n/a`: derivatives and differences from the volume
/// before have no value there. Text and infinities are errors in a column that is used, and
/// nothing in one that is not.
///
/// A file whose first line is numbers has no names, and none are made of them: SPM's `rp_*.txt`,
/// FSL's `*.par` and AFNI's `*.1D`, with spaces or tabs between numbers, are known by their names, and
/// their six columns are those of [`Motion`] in mm and radians, whatever the file has.
#[derive(Clone, Debug)]
pub struct Table {
    volumes: usize,
    columns: Vec<Cells>,
    files: Vec<Arc<TableFile>>,
}

/// Where columns come from.
#[derive(Debug)]
struct TableFile {
    path: PathBuf,
    /// The line of each row, from 1.
    lines: Vec<usize>,
    /// The program whose motion parameters they are, if the file had no names.
    program: Option<MotionProgram>,
}

/// A column to regress out, every value of which is a finite number.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name, as the file's first line has it.
    pub name: String,
    /// A value for each volume of the run.
    pub values: Vec<f64>,
}

/// A column as it was read.
#[derive(Clone, Debug)]
struct Cells {
    name: String,
    /// NaN where a value is missing.
    values: Vec<f64>,
    /// The first cell that is no number and not missing either, quoted, and its row.
    text: Option<(usize, String)>,
    file: Arc<TableFile>,
    /// The row of the file that its first value stands in.
    first_row: usize,
}

/// The value that a missing one in the first row counts as.
enum FirstMissing {
    SecondValue,
    Zero,
    Error,
}

impl Table {
    /// Reads the table of `run`, which has so many volumes.
    ///
    /// # Errors
    /// What cannot be read or is no table; names given twice; numbers where names are expected; a line
    /// with more or fewer cells than there are names; more or fewer lines than the run has volumes.
    pub fn read(path: &Path, run: &Path, volumes: usize) -> Result<Table> {
        let table = Table::open(path)?;
        table.check_rows(run, volumes).map_err(|error| error.at(path))?;
        Ok(table)
    }

    /// Reads a table of all runs, of these numbers of volumes, one after the other in their order.
    ///
    /// # Errors
    /// As [`read`](Table::read).
    pub fn read_of_all(path: &Path, volumes: &[usize]) -> Result<Vec<Table>> {
        let whole = Table::open(path)?;
        let all: usize = volumes.iter().sum();
        if whole.volumes != all {
            let (rows, runs) = (whole.volumes, volumes.len());
            return Err(Error::mismatch(format!(
                "{rows} rows of values, but the {runs} runs have {all} volumes together"
            ))
            .remedy("give a table for each run, or one of all runs in their order")
            .at(path));
        }
        let mut first = 0;
        let of_run = |&volumes: &usize| {
            first += volumes;
            whole.rows(first - volumes..first)
        };
        Ok(volumes.iter().map(of_run).collect())
    }

    /// The columns of several tables of one run side by side.
    ///
    /// # Errors
    /// A name that two of them have.
    ///
    /// # Panics
    /// If there is none, or they have different numbers of volumes.
    pub fn beside(tables: Vec<Table>) -> Result<Table> {
        let mut all = tables.into_iter();
        let mut table = all.next().expect("a table");
        for mut other in all {
            assert_eq!(table.volumes, other.volumes, "tables of one run");
            let named: HashMap<&str, &Cells> =
                table.columns.iter().map(|it| (it.name.as_str(), it)).collect();
            for column in &other.columns {
                if let Some(before) = named.get(column.name.as_str()) {
                    return Err(Error::mismatch(format!(
                        "column '{}' is in {} too, which is taken beside it",
                        column.name,
                        before.file.path.display()
                    ))
                    .remedy("leave one of the tables out, or rename the column")
                    .at(&column.file.path));
                }
            }
            table.columns.append(&mut other.columns);
            table.files.append(&mut other.files);
        }
        Ok(table)
    }

    fn open(path: &Path) -> Result<Table> {
        let text = read_text(path, MOST_BYTES, EXPECTED)?;
        parsed(&text, path).map_err(|error| error.at(path))
    }

    fn check_rows(&self, run: &Path, volumes: usize) -> Result<()> {
        if self.volumes == volumes {
            return Ok(());
        }
        let (rows, run) = (self.volumes, run.display());
        let problem = format!("{rows} rows of values, but {run} has {volumes} volumes");
        Err(Error::mismatch(problem).remedy("give the table of this run"))
    }

    /// Some rows as a table.
    fn rows(&self, rows: Range<usize>) -> Table {
        let column = |cells: &Cells| Cells {
            values: cells.values[rows.clone()].to_vec(),
            text: cells.text.clone().filter(|(row, _)| rows.contains(row)),
            first_row: cells.first_row + rows.start,
            ..cells.clone()
        };
        let columns = self.columns.iter().map(column).collect();
        Table { volumes: rows.len(), columns, files: self.files.clone() }
    }

    /// Bytes of all its values.
    pub fn bytes(&self) -> u64 {
        (self.columns.len() * self.volumes * size_of::<f64>()) as u64
    }

    /// Number of volumes of the run.
    pub fn volumes(&self) -> usize {
        self.volumes
    }

    /// The names of the columns, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// The file that the columns are from, or the first of several.
    pub fn path(&self) -> &Path {
        &self.files[0].path
    }

    /// The programs as whose motion parameters files without names were read, in words.
    pub fn programs(&self) -> impl Iterator<Item = String> + '_ {
        self.files.iter().filter_map(|file| {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            file.program.map(|it| format!("{name} is read as {}", it.in_words()))
        })
    }

    /// The columns that are selected, each once, in the order of the file.
    ///
    /// # Errors
    /// A name of the selection that no column has; a cell that is no number; a missing value
    /// that is not in the first row, or has another below it.
    pub fn selected(&self, selection: &Selection) -> Result<Vec<Column>> {
        let names: Vec<&str> = self.names().collect();
        let indexes = selection.indexes(&names).map_err(|error| error.at(self.path()))?;
        let column = |index: usize| {
            let cells = &self.columns[index];
            let values = cells.values(FirstMissing::SecondValue)?;
            Ok(Column { name: cells.name.clone(), values })
        };
        indexes.into_iter().map(column).collect()
    }

    fn column(&self, name: &str) -> Option<&Cells> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// How the head moved, if the table says so: by its six motion parameters, or the framewise
    /// displacement alone. A column with values missing or no numbers says nothing, but for the first
    /// of the framewise displacement.
    pub fn motion(&self) -> Option<Motion> {
        let values = |name: &str| {
            let cells = self.column(name)?;
            let values = cells.values(FirstMissing::Error).ok()?;
            Some(values)
        };
        let six = |names: [&str; 6]| -> Option<[Vec<f64>; 6]> {
            let all: Option<Vec<Vec<f64>>> = names.into_iter().map(values).collect();
            all?.try_into().ok()
        };
        let parameters = six(PARAMETERS).or_else(|| six(OLD_PARAMETERS));
        let own = DISPLACEMENTS.iter().find_map(|name| self.column(name));
        let own = own.and_then(|cells| cells.values(FirstMissing::Zero).ok());
        let own = own.map(|mut values| {
            values.iter_mut().take(1).for_each(|first| *first = f64::NAN);
            values
        });
        let framewise_displacement =
            own.or_else(|| parameters.as_ref().map(framewise_displacement))?;
        Some(Motion { parameters, framewise_displacement })
    }

    /// The volumes whose framewise displacement (Power et al. 2012) is above so many mm: by its
    /// column, or by the six motion parameters if there is none.
    ///
    /// # Errors
    /// There is neither, or a value of the column is missing or no number.
    pub fn framewise_displacement_above(&self, mm: f64) -> Result<Vec<usize>> {
        match DISPLACEMENTS.iter().find_map(|name| self.column(name)) {
            Some(cells) => volumes_above(cells, mm),
            None => match self.motion() {
                Some(motion) => {
                    let values = motion.framewise_displacement;
                    Ok((0..values.len()).filter(|&volume| values[volume] > mm).collect())
                }
                None => Err(Error::mismatch(format!(
                    "no column '{}', nor the six motion parameters, and a threshold is given for it",
                    DISPLACEMENTS[0]
                ))
                .at(self.path())
                .remedy("give fMRIPrep's table or a motion file, or leave the threshold out")),
            },
        }
    }

    /// The volumes whose standardized DVARS (Nichols 2017) is above the threshold.
    ///
    /// # Errors
    /// There is no column `std_dvars`, or a value of it is missing or no number.
    pub fn std_dvars_above(&self, threshold: f64) -> Result<Vec<usize>> {
        let cells = self.column("std_dvars").ok_or_else(|| {
            Error::mismatch("no column 'std_dvars', which a threshold is given for")
                .at(self.path())
                .remedy("give fMRIPrep's table, or leave the threshold out")
        })?;
        volumes_above(cells, threshold)
    }

    /// How many volumes at the beginning are flagged as not steady: by the columns
    /// `non_steady_state_outlier00` and so on, each of which is 1 at one volume. fMRIPrep
    /// writes none where it found no such volume, so without them it is 0 in a table of fMRIPrep's,
    /// which one with `std_dvars` or `cosine00` is; any other does not say.
    ///
    /// # Errors
    /// A value of these columns is missing or no number.
    pub fn non_steady_volumes(&self) -> Result<Option<usize>> {
        let mut flags = self.columns.iter().filter(|it| it.name.starts_with(NOT_STEADY)).peekable();
        if flags.peek().is_none() && OF_FMRIPREP.iter().all(|name| self.column(name).is_none()) {
            return Ok(None);
        }
        let mut is_flagged = vec![false; self.volumes];
        for cells in flags {
            let values = cells.values(FirstMissing::Error)?;
            is_flagged.iter_mut().zip(values).for_each(|(flag, value)| *flag |= value != 0.0);
        }
        Ok(Some(is_flagged.into_iter().take_while(|&flag| flag).count()))
    }
}

fn volumes_above(cells: &Cells, threshold: f64) -> Result<Vec<usize>> {
    let values = cells.values(FirstMissing::Zero)?;
    Ok((0..values.len()).filter(|&volume| values[volume] > threshold).collect())
}

/// A line of a table that is no comment.
struct Line<'a> {
    /// The number of the line, from 1.
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

fn parsed(text: &str, path: &Path) -> Result<Table> {
    let is_comment = |text: &str| text.trim_start().starts_with('#');
    let lines = text.trim_end_matches(['\r', '\n']).lines().enumerate();
    let lines = lines.map(|(index, text)| Line { number: index + 1, text });
    let mut lines = lines.filter(|line| !is_comment(line.text));
    let header = lines
        .find(|line| !line.is_blank())
        .ok_or_else(|| Error::format(format!("no names in the first line, expected {EXPECTED}")))?;
    if is_numbers(header.text) {
        let lines = lines.filter(|line| !line.is_blank());
        return without_names(std::iter::once(header).chain(lines), path);
    }
    if header.text.contains(',') && !header.text.contains('\t') {
        return Err(Error::format(format!("commas in the first line, expected {EXPECTED}")));
    }
    if header.text.split('\t').nth(MOST_COLUMNS).is_some() {
        return Err(Error::format(format!(
            "more than {MOST_COLUMNS} columns, expected {EXPECTED}"
        )));
    }
    let names: Vec<&str> = header.text.split('\t').map(unquoted).collect();
    let mut seen = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(before) = seen.insert(name, index + 1) {
            let problem = format!("columns {before} and {} are both named '{name}'", index + 1);
            return Err(Error::format(problem).remedy("rename one of them"));
        }
    }
    // A line of tabs is a row of missing values.
    let is_row = |line: &Line| names.len() == 1 || line.text.contains('\t') || !line.is_blank();
    let lines: Vec<Line> = lines.filter(is_row).collect();
    let file = Arc::new(TableFile {
        path: path.to_owned(),
        lines: lines.iter().map(|line| line.number).collect(),
        program: None,
    });
    let named = |name: &&str| Cells::named((*name).to_owned(), Vec::new(), &file);
    let mut columns: Vec<Cells> = names.iter().map(named).collect();
    for (row, line) in lines.iter().enumerate() {
        let cells = line.text.split('\t').count();
        if cells != columns.len() {
            return Err(Error::format(format!(
                "cells in line {}: {cells}, expected {}, one for each name in line {}",
                line.number,
                columns.len(),
                header.number
            )));
        }
        columns.iter_mut().zip(line.text.split('\t')).for_each(|(column, cell)| {
            column.push(row, cell);
        });
    }
    Ok(Table { volumes: lines.len(), columns, files: vec![file] })
}

/// Whether all words of a line are numbers, be they NaN or infinite; one column may well be called `nan` or `inf`.
fn is_numbers(line: &str) -> bool {
    let number = |word: &str| unquoted(word).parse::<f64>().ok();
    let words: Option<Vec<f64>> = line.split_whitespace().map(number).collect();
    words.is_some_and(|words| words.len() > 1 || words.iter().any(|it| it.is_finite()))
}

/// The table of a file without a line of names.
fn without_names<'a>(lines: impl Iterator<Item = Line<'a>>, path: &Path) -> Result<Table> {
    let Some(program) = MotionProgram::of_file(path) else {
        let first = lines.take(1).map(|line| line.number).sum::<usize>();
        return Err(Error::format(format!(
            "line {first} holds numbers where the names of columns are expected"
        ))
        .remedy(
            "put a line of names before it, or name a motion file as its program does: rp_*.txt of \
             SPM, *.par of FSL, *.1D of AFNI",
        ));
    };
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut numbers = Vec::new();
    for line in lines {
        // What follows a '#' is AFNI's comment.
        let words = line.text.split('#').next().unwrap_or_default().split_whitespace();
        let mut count = 0;
        for word in words {
            let number = word.parse().ok().filter(|number: &f64| number.is_finite());
            let number = number.ok_or_else(|| {
                let found = quoted(word);
                Error::format(format!("line {}: found {found}, expected a number", line.number))
            })?;
            match columns.get_mut(count) {
                Some(column) => column.push(number),
                None if numbers.is_empty() && count < MOST_COLUMNS => columns.push(vec![number]),
                None => {}
            }
            count += 1;
        }
        if count != columns.len() {
            return Err(Error::format(format!(
                "line {}: {count} numbers, expected {} as in the lines before it",
                line.number,
                columns.len()
            )));
        }
        numbers.push(line.number);
    }
    let volumes = numbers.len();
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let columns = program.named(columns, &stem)?;
    let is_motion = columns.iter().any(|(name, _)| name == PARAMETERS[0]);
    let program = is_motion.then_some(program);
    let file = Arc::new(TableFile { path: path.to_owned(), lines: numbers, program });
    let cells = |(name, values)| Cells::named(name, values, &file);
    let columns = columns.into_iter().map(cells).collect();
    Ok(Table { volumes, columns, files: vec![file] })
}

impl Cells {
    fn named(name: String, values: Vec<f64>, file: &Arc<TableFile>) -> Cells {
        Cells { name, values, text: None, file: Arc::clone(file), first_row: 0 }
    }

    fn push(&mut self, row: usize, cell: &str) {
        let cell = unquoted(cell);
        let is_missing = ["", "n/a", "na", "nan"].iter().any(|it| cell.eq_ignore_ascii_case(it));
        let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() && !is_missing && self.text.is_none() {
            self.text = Some((row, quoted(cell)));
        }
        self.values.push(number.unwrap_or(f64::NAN));
    }

    /// The values, all of them numbers.
    fn values(&self, first: FirstMissing) -> Result<Vec<f64>> {
        let name = &self.name;
        let error = |row: usize, found: &str| {
            let line = self.file.lines[row];
            Error::format(format!("line {line}, column '{name}': {found}, expected a number"))
                .at(&self.file.path)
                .remedy("leave the column out, or put the number in")
        };
        if let Some((row, text)) = &self.text {
            return Err(error(*row, &format!("found {text}")));
        }
        let mut values = self.values.clone();
        if values.first().is_some_and(|value| value.is_nan()) {
            values[0] = match first {
                FirstMissing::SecondValue if values.len() > 1 => values[1],
                FirstMissing::Zero => 0.0,
                FirstMissing::SecondValue | FirstMissing::Error => f64::NAN,
            };
        }
        // The first row comes last: it may be missing only because the second is.
        let is_missing = |row: &usize| values.get(*row).is_some_and(|value| value.is_nan());
        match (1..values.len()).chain([0]).find(is_missing) {
            Some(row) => Err(error(self.first_row + row, "no value")),
            None => Ok(values),
        }
    }
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    let inside = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    inside.unwrap_or(cell).trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    fn of_file(name: &str, text: &str, volumes: usize) -> Result<Table> {
        let table = parsed(text, Path::new(name))?;
        table.check_rows(Path::new("bold.nii"), volumes)?;
        Ok(table)
    }

    fn table(text: &str, volumes: usize) -> Result<Table> {
        of_file("c.tsv", text, volumes)
    }

    fn selected(text: &str, volumes: usize, selection: &str) -> Result<Vec<Column>> {
        table(text, volumes)?.selected(&Selection::parse(selection)?)
    }

    #[track_caller]
    fn assert_error<T: std::fmt::Debug>(found: Result<T>, expected: &str) {
        assert_eq!(found.unwrap_err().to_string(), expected);
    }

    #[test]
    fn columns_are_read_by_name_in_the_order_of_the_file() {
        let columns = selected("a\tb\tc\n1\t2\tx\n-3.5e-2\t4\ty\n", 2, "b,a").unwrap();
        let expected = [("a", [1.0, -0.035]), ("b", [2.0, 4.0])];
        for (column, (name, values)) in columns.iter().zip(expected) {
            assert_eq!((&*column.name, &*column.values), (name, &values[..]));
        }
    }

    #[test]
    fn what_editors_leave_in_a_file_is_tolerated() {
        let text = "\"a\"\t b \r\n1 \t\"2\"\r\n 3\t4\r\n\r\n";
        let columns = selected(text, 2, "*").unwrap();
        assert_eq!(columns[0], Column { name: "a".to_owned(), values: vec![1.0, 3.0] });
        assert_eq!(columns[1], Column { name: "b".to_owned(), values: vec![2.0, 4.0] });
        assert_eq!(selected("a\n1\n2", 2, "a").unwrap()[0].values, [1.0, 2.0]);
    }

    #[test]
    fn a_value_missing_in_the_first_row_is_that_of_the_second() {
        for missing in ["n/a", "N/A", "nan", "NaN", "", " "] {
            let text = format!("{missing}\t1\n5\t2\n6\t3\n");
            let columns = selected(&format!("a\tb\n{text}"), 3, "a").unwrap();
            assert_eq!(columns[0].values, [5.0, 5.0, 6.0], "{missing:?}");
        }
    }

    #[test]
    fn a_value_missing_elsewhere_is_named_with_its_line_and_column() {
        let says = |line| {
            format!(
                "c.tsv: line {line}, column 'a': no value, expected a number; leave the column \
                 out, or put the number in"
            )
        };
        assert_error(selected("a\tb\n1\t1\n5\t2\nn/a\t3\n", 3, "a"), &says(4));
        assert_error(selected("a\tb\nn/a\t1\nn/a\t2\n6\t3\n", 3, "a"), &says(3));
        assert_error(selected("a\nn/a\n", 1, "a"), &says(2));
        assert!(selected("a\tb\n1\t1\n5\t2\nn/a\t3\n", 3, "b").is_ok());
    }

    #[test]
    fn text_and_infinities_are_errors_where_they_are_used() {
        for text in ["rest", "inf", "-Infinity", "1,5", "0x10"] {
            let table = format!("trial\tb\n1\t1\n{text}\t2\n");
            let expected = format!(
                "c.tsv: line 3, column 'trial': found '{text}', expected a number; leave the \
                 column out, or put the number in"
            );
            assert_error(selected(&table, 2, "t*"), &expected);
            assert!(selected(&table, 2, "b").is_ok());
        }
    }

    #[test]
    fn a_table_of_another_run_is_refused() {
        let remedy = "give the table of this run";
        assert_error(
            table("a\n1\n2\n3\n", 2),
            &format!("3 rows of values, but bold.nii has 2 volumes; {remedy}"),
        );
        assert_error(
            table("a\tb\n", 2),
            &format!("0 rows of values, but bold.nii has 2 volumes; {remedy}"),
        );
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_error(
            table("", 2),
            "no names in the first line, expected a table of confounds, separated by tabs",
        );
        assert_error(
            table("a,b\n1,2\n1,2\n", 2),
            "commas in the first line, expected a table of confounds, separated by tabs",
        );
        assert_error(
            table(&format!("a{}", "\t".repeat(MOST_COLUMNS)), 0),
            "more than 100000 columns, expected a table of confounds, separated by tabs",
        );
        assert_error(
            table("a\tb\n1\t2\n1\n", 2),
            "cells in line 3: 1, expected 2, one for each name in line 1",
        );
        assert_error(
            table("a\tb\ta\n1\t2\t3\n", 1),
            "columns 1 and 3 are both named 'a'; rename one of them",
        );
    }

    #[test]
    fn volumes_above_a_threshold_are_found_and_the_first_without_a_value_is_not() {
        let text = "framewise_displacement\tstd_dvars\nn/a\t\n0.5\t1.6\n0.51\t1.4\n0.1\t9\n";
        let table = table(text, 4).unwrap();
        assert_eq!(table.framewise_displacement_above(0.5).unwrap(), [2]);
        assert_eq!(table.framewise_displacement_above(0.0).unwrap(), [1, 2, 3]);
        assert_eq!(table.std_dvars_above(1.5).unwrap(), [1, 3]);
    }

    #[test]
    fn a_threshold_without_its_column_or_values_is_an_error() {
        let table = table("std_dvars\n0\nn/a\n", 2).unwrap();
        assert_error(
            table.framewise_displacement_above(0.5),
            "c.tsv: no column 'framewise_displacement', nor the six motion parameters, and a \
             threshold is given for it; give fMRIPrep's table or a motion file, or leave the threshold \
             out",
        );
        let error = table.std_dvars_above(1.5).unwrap_err().to_string();
        assert!(error.starts_with("c.tsv: line 3, column 'std_dvars': no value"), "{error}");
    }

    #[test]
    fn non_steady_volumes_are_counted_from_the_first() {
        let count = |text: &str| table(text, 4).unwrap().non_steady_volumes();
        let name = "non_steady_state_outlier";
        let two = format!("{name}00\tcsf\t{name}01\n1\t9\t0\n0\t9\t1\n0\t9\t0\n0\t9\t0\n");
        assert_eq!(count(&two).unwrap(), Some(2));
        // One that is not at the beginning does not count.
        assert_eq!(count(&format!("{name}00\n1.0\n0.0\n1.0\n0.0\n")).unwrap(), Some(1));
        assert_eq!(count(&format!("{name}00\n0\n1\n0\n0\n")).unwrap(), Some(0));
        // fMRIPrep's own table says that there is none, and any other does not say.
        assert_eq!(count("std_dvars\nn/a\n1\n1\n1\n").unwrap(), Some(0));
        assert_eq!(count("csf\tcosine00\n1\t1\n1\t1\n1\t1\n1\t1\n").unwrap(), Some(0));
        assert_eq!(count("csf\n1\n1\n1\n1\n").unwrap(), None);
        assert_eq!(count("NonSteadyStateOutlier0\n1\n0\n0\n0\n").unwrap(), None);
        let error = count(&format!("{name}00\nn/a\n1\n0\n0\n")).unwrap_err().to_string();
        assert!(error.contains("line 2, column 'non_steady_state_outlier00': no value"), "{error}");
    }

    #[test]
    fn comments_blank_lines_and_na_are_known_for_what_they_are() {
        let text = "# made by hand\n\na\tb\n\nNA\t1\n# volume 1\n2\t3\n   \n\t\n";
        let table = table(text, 3).unwrap();
        assert_eq!(table.names().collect::<Vec<_>>(), ["a", "b"]);
        let error = table.selected(&Selection::parse("a").unwrap());
        assert_error(
            error,
            "c.tsv: line 9, column 'a': no value, expected a number; leave the column out, or put \
             the number in",
        );
        // In one column a blank line is a missing value.
        assert_eq!(selected("a\n\n5\n6\n", 3, "a").unwrap()[0].values, [5.0, 5.0, 6.0]);
    }

    #[test]
    fn numbers_are_never_taken_for_names() {
        let remedy = "put a line of names before it, or name a motion file as its program does: \
                      rp_*.txt of SPM, *.par of FSL, *.1D of AFNI";
        for (text, line) in [("0\t1\n1\t2\n", 1), ("# a b\n 0.5 nan\n1 2\n", 2)] {
            let problem =
                format!("line {line} holds numbers where the names of columns are expected");
            assert_error(table(text, 2), &format!("{problem}; {remedy}"));
        }
        assert!(table("nan\n1\n2\n", 2).is_ok(), "a column called nan");
    }

    #[test]
    fn motion_files_without_names_have_those_of_their_program() {
        let text = "# of 3dvolreg\n 1 2 3 4 5 6\n\n 1 2 3 4 5 7 # last\n";
        for (name, first, last) in [
            ("rp_a.txt", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [5.0, 7.0]),
            ("a_mcf.par", [4.0, 5.0, 6.0, 1.0, 2.0, 3.0], [3.0, 3.0]),
            (
                "dfile.1D",
                [5.0, 6.0, 4.0, 2.0 * PI / 180.0, 3.0 * PI / 180.0, PI / 180.0],
                [PI / 180.0; 2],
            ),
        ] {
            let table = of_file(name, text, 2).unwrap();
            assert!(table.names().eq(PARAMETERS), "{name}");
            let motion = table.motion().unwrap();
            let parameters = motion.parameters.unwrap();
            assert_eq!(parameters.each_ref().map(|it| it[0]), first, "{name}");
            if name.starts_with("rp") {
                assert_eq!(parameters[5], [6.0, 7.0]);
                assert_eq!(motion.framewise_displacement[1], 50.0);
                assert_eq!(table.framewise_displacement_above(49.0).unwrap(), [1]);
            } else if name.ends_with("1D") {
                assert_eq!(parameters[5], last, "{name}");
                assert_eq!(motion.framewise_displacement[1], 1.0, "dP in mm");
            }
        }
        assert_error(
            of_file("rp_a.txt", "1 2 3 4 5 6\n1 2 3\n", 2),
            "line 2: 3 numbers, expected 6 as in the lines before it",
        );
        assert_error(
            of_file("a.par", "1 2 3 4 5 6\n1 2 3 4 x 6\n", 2),
            "line 2: found 'x', expected a number",
        );
    }

    #[test]
    fn the_motion_of_a_table_is_that_of_its_columns() {
        let names = PARAMETERS.join("\t");
        let rows = "0\t0\t0\t0\t0\t0\n1\t0\t0\t0\t0.01\t0\n";
        let motion = |text: &str| table(text, 2).unwrap().motion();
        let of_six = motion(&format!("{names}\n{rows}")).unwrap();
        assert!(of_six.framewise_displacement[0].is_nan());
        assert_eq!(of_six.framewise_displacement[1], 1.5);
        let old = motion(&format!("{}\n{rows}", OLD_PARAMETERS.join("\t"))).unwrap();
        assert_eq!(old.parameters, of_six.parameters);
        // The table's own goes first.
        let rows = "0\t0\t0\t0\t0\t0\tn/a\n1\t0\t0\t0\t0.01\t0\t1.25\n";
        let own = motion(&format!("{names}\tframewise_displacement\n{rows}")).unwrap();
        assert_eq!(own.framewise_displacement[1], 1.25);
        assert_eq!(own.parameters, of_six.parameters);
        let alone = motion("framewise_displacement\n\n0.5\n").unwrap();
        assert_eq!((alone.parameters, alone.framewise_displacement[1]), (None, 0.5));
        assert_eq!(motion("trans_x\n0\n0\n"), None);
        assert_eq!(
            motion(&format!("{names}\n{}", rows.replace("0\tn/a", "x").replace("\t1.25", ""))),
            None
        );
    }

    #[test]
    fn tables_lie_side_by_side_and_one_of_all_runs_is_cut() {
        let a = of_file("a.tsv", "a\tb\n1\t2\n3\t4\n", 2).unwrap();
        let b = of_file("b.tsv", "c\n5\nx\n", 2).unwrap();
        let both = Table::beside(vec![a.clone(), b]).unwrap();
        assert!(both.names().eq(["a", "b", "c"]));
        assert_error(
            both.selected(&Selection::parse("c").unwrap()),
            "b.tsv: line 3, column 'c': found 'x', expected a number; leave the column out, or put \
             the number in",
        );
        let twice = of_file("c.tsv", "z\tb\n1\t2\n3\t4\n", 2).unwrap();
        assert_error(
            Table::beside(vec![a.clone(), twice]),
            "c.tsv: column 'b' is in a.tsv too, which is taken beside it; leave one of the tables \
             out, or rename the column",
        );
        let second = a.rows(1..2);
        assert_eq!(second.selected(&Selection::parse("b").unwrap()).unwrap()[0].values, [4.0]);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "([a-c01\\-.e/\"\t\n\r, #]|n/a|\\PC){0,60}", volumes in 0..5_usize) {
            if let Ok(table) = table(&text, volumes) {
                let _ = (table.non_steady_volumes(), table.std_dvars_above(0.5), table.motion());
                for column in table.selected(&Selection::parse("*").unwrap()).unwrap_or_default() {
                    prop_assert_eq!(column.values.len(), volumes);
                    prop_assert!(column.values.iter().all(|value| value.is_finite()));
                }
            }
        }
    }
}
