//! A table of confounds.

use super::text::{quoted, read_text};
use crate::error::{Error, Result};
use crate::recipe::Selection;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// No table may be larger. One of 10 000 volumes in 500 columns takes 95 MB.
const MOST_BYTES: u64 = 128 << 20;

/// No table may have more columns, as each takes memory by itself. fMRIPrep's have hundreds.
const MOST_COLUMNS: usize = 100_000;

const EXPECTED: &str = "a table of confounds, separated by tabs";

/// A run's confounds: named columns, with a value for each volume.
///
/// The file has a line of names, then a line for each volume, cells separated by tabs; it may
/// have a byte order mark, CRLF, spaces or double quotes around a cell, and blank lines at its
/// end. `n/a` and `nan` in any case, and empty cells, are missing values. Which of them are
/// allowed, and what they count as, depends on the use:
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
#[derive(Clone, Debug)]
pub struct Table {
    path: PathBuf,
    volumes: usize,
    columns: Vec<Cells>,
}

/// A column to regress out, every value of which is a finite number.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// As the file's first line has it.
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
    /// The first cell that is no number and not missing either, quoted, and its line.
    text: Option<(usize, String)>,
}

/// What a missing value in the first row counts as.
enum FirstMissing {
    SecondValue,
    Zero,
    Error,
}

impl Table {
    /// Reads the table of `run`, which has so many volumes.
    ///
    /// # Errors
    /// What cannot be read or is no table; names given twice; a line with more or fewer cells
    /// than there are names; more or fewer lines than the run has volumes.
    pub fn read(path: &Path, run: &Path, volumes: usize) -> Result<Table> {
        let text = read_text(path, MOST_BYTES, EXPECTED)?;
        let columns = parsed(&text, run, volumes).map_err(|error| error.at(path))?;
        Ok(Table { path: path.to_owned(), volumes, columns })
    }

    /// Number of volumes of the run.
    pub fn volumes(&self) -> usize {
        self.volumes
    }

    /// The names of the columns, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| &*column.name)
    }

    /// The columns that are selected, each once, in the order of the file.
    ///
    /// # Errors
    /// A part of the selection that no column matches; a cell that is no number; a missing value
    /// that is not in the first row, or has another below it.
    pub fn selected(&self, selection: &Selection) -> Result<Vec<Column>> {
        let names: Vec<&str> = self.names().collect();
        let indexes = selection.indexes(&names).map_err(|error| error.at(&self.path))?;
        let column = |index: usize| {
            let cells = &self.columns[index];
            let values = self.values(cells, FirstMissing::SecondValue)?;
            Ok(Column { name: cells.name.clone(), values })
        };
        indexes.into_iter().map(column).collect()
    }

    /// The volumes whose framewise displacement (Power et al. 2012) is above so many mm.
    ///
    /// # Errors
    /// There is no column `framewise_displacement`, or a value of it is missing or no number.
    pub fn framewise_displacement_above(&self, mm: f64) -> Result<Vec<usize>> {
        self.volumes_above("framewise_displacement", mm)
    }

    /// The volumes whose standardized DVARS (Nichols 2017) is above the threshold.
    ///
    /// # Errors
    /// There is no column `std_dvars`, or a value of it is missing or no number.
    pub fn std_dvars_above(&self, threshold: f64) -> Result<Vec<usize>> {
        self.volumes_above("std_dvars", threshold)
    }

    fn volumes_above(&self, name: &str, threshold: f64) -> Result<Vec<usize>> {
        let cells = self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            Error::mismatch(format!("no column '{name}', which a threshold is given for"))
                .at(&self.path)
                .remedy("give fMRIPrep's table, or leave the threshold out")
        })?;
        let values = self.values(cells, FirstMissing::Zero)?;
        Ok((0..values.len()).filter(|&volume| values[volume] > threshold).collect())
    }

    /// How many volumes at the beginning are flagged as not steady: by the columns
    /// `non_steady_state_outlier00` and so on, each of which is 1 at one volume. fMRIPrep
    /// writes none where it found no such volume, so without them it is 0.
    ///
    /// # Errors
    /// A value of these columns is missing or no number.
    pub fn non_steady_volumes(&self) -> Result<usize> {
        let mut is_flagged = vec![false; self.volumes];
        for cells in &self.columns {
            if cells.name.starts_with("non_steady_state_outlier") {
                let values = self.values(cells, FirstMissing::Error)?;
                is_flagged.iter_mut().zip(values).for_each(|(flag, value)| *flag |= value != 0.0);
            }
        }
        Ok(is_flagged.into_iter().take_while(|&flag| flag).count())
    }

    /// The values of a column, all of them numbers.
    fn values(&self, cells: &Cells, first: FirstMissing) -> Result<Vec<f64>> {
        let name = &cells.name;
        let error = |line: usize, found: &str| {
            Error::format(format!("line {line}, column '{name}': {found}, expected a number"))
                .at(&self.path)
                .remedy("leave the column out, or put the number in")
        };
        if let Some((line, text)) = &cells.text {
            return Err(error(*line, &format!("found {text}")));
        }
        let mut values = cells.values.clone();
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
            Some(row) => Err(error(row + 2, "no value")),
            None => Ok(values),
        }
    }
}

fn parsed(text: &str, run: &Path, volumes: usize) -> Result<Vec<Cells>> {
    let mut lines = text.trim_end_matches(['\r', '\n']).lines();
    let header = lines.next().unwrap_or_default();
    if header.trim().is_empty() {
        return Err(Error::format(format!("no names in the first line, expected {EXPECTED}")));
    }
    if header.contains(',') && !header.contains('\t') {
        return Err(Error::format(format!("commas in the first line, expected {EXPECTED}")));
    }
    let rows = lines.clone().count();
    if rows != volumes {
        let run = run.display();
        let problem = format!("{rows} rows of values, but {run} has {volumes} volumes");
        return Err(Error::mismatch(problem).remedy("give the table of this run"));
    }
    if header.split('\t').nth(MOST_COLUMNS).is_some() {
        return Err(Error::format(format!(
            "more than {MOST_COLUMNS} columns, expected {EXPECTED}"
        )));
    }
    let mut columns: Vec<Cells> = header.split('\t').map(Cells::named).collect();
    let mut seen = HashMap::new();
    for (index, column) in columns.iter().enumerate() {
        if let Some(before) = seen.insert(&column.name, index + 1) {
            let problem =
                format!("columns {before} and {} are both named '{}'", index + 1, column.name);
            return Err(Error::format(problem).remedy("rename one of them"));
        }
    }
    for (row, line) in lines.enumerate() {
        let cells = line.split('\t').count();
        if cells != columns.len() {
            return Err(Error::format(format!(
                "cells in line {}: {cells}, expected {}, one for each name in the first line",
                row + 2,
                columns.len()
            )));
        }
        columns.iter_mut().zip(line.split('\t')).for_each(|(column, cell)| {
            column.push(row + 2, cell);
        });
    }
    Ok(columns)
}

impl Cells {
    fn named(name: &str) -> Cells {
        Cells { name: unquoted(name).to_owned(), values: Vec::new(), text: None }
    }

    fn push(&mut self, line: usize, cell: &str) {
        let cell = unquoted(cell);
        let is_missing = ["", "n/a", "nan"].iter().any(|it| cell.eq_ignore_ascii_case(it));
        let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
        if number.is_none() && !is_missing && self.text.is_none() {
            self.text = Some((line, quoted(cell)));
        }
        self.values.push(number.unwrap_or(f64::NAN));
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

    fn table(text: &str, volumes: usize) -> Result<Table> {
        let columns = parsed(text, Path::new("bold.nii"), volumes)?;
        Ok(Table { path: PathBuf::from("c.tsv"), volumes, columns })
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
            "cells in line 3: 1, expected 2, one for each name in the first line",
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
            "c.tsv: no column 'framewise_displacement', which a threshold is given for; give \
             fMRIPrep's table, or leave the threshold out",
        );
        let error = table.std_dvars_above(1.5).unwrap_err().to_string();
        assert!(error.starts_with("c.tsv: line 3, column 'std_dvars': no value"), "{error}");
    }

    #[test]
    fn non_steady_volumes_are_counted_from_the_first() {
        let count = |text: &str| table(text, 4).unwrap().non_steady_volumes();
        let name = "non_steady_state_outlier";
        let two = format!("{name}00\tcsf\t{name}01\n1\t9\t0\n0\t9\t1\n0\t9\t0\n0\t9\t0\n");
        assert_eq!(count(&two).unwrap(), 2);
        // One that is not at the beginning does not count.
        assert_eq!(count(&format!("{name}00\n1.0\n0.0\n1.0\n0.0\n")).unwrap(), 1);
        assert_eq!(count(&format!("{name}00\n0\n1\n0\n0\n")).unwrap(), 0);
        assert_eq!(count("csf\n1\n1\n1\n1\n").unwrap(), 0);
        let error = count(&format!("{name}00\nn/a\n1\n0\n0\n")).unwrap_err().to_string();
        assert!(error.contains("line 2, column 'non_steady_state_outlier00': no value"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "([a-c01\\-.e/\"\t\n\r, ]|n/a|\\PC){0,60}", volumes in 0..5_usize) {
            if let Ok(table) = table(&text, volumes) {
                let _ = (table.non_steady_volumes(), table.std_dvars_above(0.5));
                for column in table.selected(&Selection::parse("*").unwrap()).unwrap_or_default() {
                    prop_assert_eq!(column.values.len(), volumes);
                    prop_assert!(column.values.iter().all(|value| value.is_finite()));
                }
            }
        }
    }
}
