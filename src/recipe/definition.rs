//! The definition of a tSNR, whole: everything that makes the number, from what was chosen.

use super::{DefinitionChoice, Selection, Tool};
use crate::error::{Error, Result, Setting};
use crate::maps::WrittenUndefined;
use crate::stats::formula::{Combine, Ddof, Formula};
use crate::stats::sampling::Scope;
use serde::{Deserialize, Serialize};

/// Everything that makes the number of a tSNR map, with nothing left open.
///
/// As JSON it is an object whose fields are those below, the formula's among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TsnrDefinition {
    /// How runs are combined, the divisor, the sign, samples that are not finite, the least std.
    #[serde(flatten)]
    pub formula: Formula,
    /// The order of the polynomial trend that is removed: 0 for none.
    pub polynomial_order: usize,
    /// The extent of the polynomial: each run, or all of them in a row.
    pub trend_through: Scope,
    /// Whether the mean is that of the data, or loses what a fit takes of it.
    pub mean: MeanKept,
    /// The cut-off period of the cosine set that is removed, in seconds.
    pub highpass_seconds: Option<f64>,
    /// The columns of the tables of confounds that are regressed out, as they were chosen.
    pub confound_columns: Option<String>,
    /// Whether the mean is that of another image.
    pub is_mean_replaced: bool,
    /// The value that is written for a voxel without a tSNR.
    pub undefined: WrittenUndefined,
    /// The tool whose definition it began with.
    #[serde(skip)]
    pub based_on: Option<Tool>,
}

/// The effect of a fit on the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MeanKept {
    /// The mean is that of the data.
    Whole,
    /// Each Legendre polynomial is taken out of the data with its own mean, which is not 0 for
    /// those of even order (nipype's `regress_poly` with `remove_mean=False`).
    LessPolynomials,
}

impl TsnrDefinition {
    /// The definition that choices come to, and the columns of confounds that are regressed out.
    ///
    /// # Errors
    /// Choices that contradict each other.
    pub(super) fn from_choice(
        choice: &DefinitionChoice,
        columns: Option<&str>,
    ) -> Result<TsnrDefinition> {
        let base = match choice.tool {
            Some(tool) => tool.definition(choice.detrend),
            None => TsnrDefinition {
                polynomial_order: choice.detrend.unwrap_or(0),
                undefined: WrittenUndefined::Zero,
                based_on: None,
                ..Tool::Numpy.definition(None)
            },
        };
        let definition = TsnrDefinition {
            formula: Formula {
                combine: choice.combine.unwrap_or(base.formula.combine),
                ddof: choice.ddof.unwrap_or(base.formula.ddof),
                ..base.formula
            },
            highpass_seconds: choice.highpass_seconds,
            confound_columns: match columns {
                Some(columns) => Some(Selection::parse(columns)?.to_string()),
                None => None,
            },
            is_mean_replaced: choice.mean_from.is_some(),
            undefined: choice.undefined.unwrap_or(base.undefined),
            ..base
        };
        definition.checked()
    }

    /// Refuses trends through all runs beside what knows single runs.
    fn checked(self) -> Result<TsnrDefinition> {
        if self.trend_through == Scope::Run {
            return Ok(self);
        }
        let name = self.based_on.map_or("", Tool::name);
        if self.highpass_seconds.is_some() || self.confound_columns.is_some() {
            return Err(Error::usage(format!(
                "the definition {name} fits one trend through all runs, and a high-pass filter and \
                 confounds are fitted to each run"
            ))
            .remedy(
                "leave out one of them; sfnr, or a polynomial without a tool's name, fits each run",
            )
            .settings([Setting::Highpass, Setting::Confounds]));
        }
        if self.formula.combine != Combine::Concat {
            return Err(Error::usage(format!(
                "the definition {name} fits one trend through the runs concatenated as they are"
            ))
            .remedy("concatenate them (combine concat), or take sfnr or a polynomial of each run")
            .settings([Setting::Combine]));
        }
        Ok(self)
    }

    /// The tool whose definition this is: that of its beginnings, while nothing of it was changed.
    /// A tool's name stands in an output only where this has it.
    pub fn tool(&self) -> Option<Tool> {
        let is_whole = |tool: &Tool| {
            let order = tool.takes_an_order().then_some(self.polynomial_order);
            *self == tool.definition(order)
        };
        self.based_on.filter(is_whole)
    }

    /// The tool whose definition this one was made from by changing something.
    pub fn modified_tool(&self) -> Option<Tool> {
        self.based_on.filter(|_| self.tool().is_none())
    }

    /// The changes of the definition that this one began with, in words.
    pub fn changes(&self) -> Vec<&'static str> {
        let Some(tool) = self.based_on else { return Vec::new() };
        let own = tool.definition(tool.takes_an_order().then_some(self.polynomial_order));
        let Formula { combine, ddof, sign, not_finite, least_std } = self.formula;
        let trend = |of: &TsnrDefinition| (of.polynomial_order, of.trend_through, of.mean);
        let changes = [
            (combine != own.formula.combine, "how runs are combined"),
            (ddof != own.formula.ddof, "ddof"),
            (sign != own.formula.sign, "the sign"),
            (not_finite != own.formula.not_finite, "samples that are not finite"),
            (least_std != own.formula.least_std, "the least std"),
            (trend(self) != trend(&own), "the trend"),
            (self.highpass_seconds.is_some(), "a high-pass filter"),
            (self.confound_columns.is_some(), "confounds"),
            (self.is_mean_replaced, "the mean from another image"),
            (self.undefined != own.undefined, "how undefined voxels are written"),
        ];
        changes.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, what)| what).collect()
    }

    /// Whether anything is fitted to the volumes beside the mean.
    pub fn fits_something(&self) -> bool {
        self.polynomial_order > 0
            || self.highpass_seconds.is_some()
            || self.confound_columns.is_some()
    }

    /// The fewest volumes that a run must keep beside what is fitted to it.
    pub(crate) fn fewest_volumes_beside_fit(&self) -> usize {
        let needs_own_freedom = self.fits_something()
            || self.formula.combine != Combine::Concat
            || self.formula.ddof == Ddof::Rank;
        if needs_own_freedom { 2 } else { 1 }
    }

    /// The name of the definition for a person: a tool's, a modified tool's, or the formula's.
    pub fn title(&self) -> String {
        match (self.tool(), self.based_on) {
            (Some(tool), _) => tool.name().to_owned(),
            (None, Some(tool)) => self.modified_from(tool.name()),
            (None, None) => format!("mean / std, {}", self.formula.ddof),
        }
    }

    /// `modified from NAME: what was changed`.
    pub fn modified_from(&self, name: &str) -> String {
        format!("modified from {name}: {}", self.changes().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Recipe;

    fn resolved(change: impl Fn(&mut Recipe)) -> Result<TsnrDefinition> {
        let mut recipe = Recipe::new(["run.nii"]);
        change(&mut recipe);
        recipe.resolved()
    }

    #[test]
    fn a_tools_name_stands_only_while_nothing_of_it_was_changed() {
        for tool in Tool::ALL {
            let whole = resolved(|it| it.definition.tool = Some(tool)).unwrap();
            assert_eq!((whole.tool(), whole.modified_tool()), (Some(tool), None));
            assert!(whole.changes().is_empty());
            type Change = fn(&mut Recipe);
            let changes: [Change; 6] = [
                |it| it.definition.ddof = Some(Ddof::Fixed(7)),
                |it| it.definition.undefined = Some(WrittenUndefined::Nan),
                |it| it.definition.mean_from = Some("mean.nii".into()),
                |it| it.definition.highpass_seconds = Some(128.0),
                |it| it.confounds.columns = Some("trans_x".to_owned()),
                |it| it.definition.combine = Some(Combine::Demean),
            ];
            for change in changes {
                let changed = resolved(|it| {
                    it.definition.tool = Some(tool);
                    change(it);
                });
                // Trends through all runs refuse what knows single runs.
                let Ok(changed) = changed else { continue };
                assert_eq!((changed.tool(), changed.modified_tool()), (None, Some(tool)));
                assert_eq!(changed.changes().len(), 1);
            }
        }
        let nothing_asked = resolved(|_| ()).unwrap();
        assert_eq!((nothing_asked.tool(), nothing_asked.based_on), (None, None));
    }

    #[test]
    fn nipypes_polynomial_is_its_own_whatever_its_order() {
        for (order, tool) in [(0, Tool::Nipype), (2, Tool::Nipype)] {
            let definition = resolved(|it| {
                it.definition.tool = Some(tool);
                it.definition.detrend = Some(order);
            });
            assert_eq!(definition.unwrap().tool(), Some(tool));
        }
        let afni = resolved(|it| {
            it.definition.tool = Some(Tool::Afni);
            it.definition.detrend = Some(1);
        });
        assert_eq!(afni.unwrap().modified_tool(), Some(Tool::Afni));
    }

    #[test]
    fn contradictions_are_errors_of_usage() {
        let through_all = |change: fn(&mut Recipe)| {
            resolved(|it| {
                it.definition.tool = Some(Tool::AfniCvarinv);
                change(it);
            })
            .unwrap_err()
            .kind()
        };
        use crate::error::ErrorKind::Usage;
        assert_eq!(through_all(|it| it.definition.highpass_seconds = Some(100.0)), Usage);
        assert_eq!(through_all(|it| it.definition.combine = Some(Combine::Average)), Usage);
    }

    #[test]
    fn a_definition_is_one_object_of_json() {
        let definition = resolved(|it| it.definition.tool = Some(Tool::Nipype)).unwrap();
        let text = serde_json::to_string(&definition).unwrap();
        assert_eq!(
            text,
            "{\"combine\":\"concat\",\"ddof\":0,\"sign\":\"signed\",\"not_finite\":\"nan-is-zero\",\
             \"least_std\":0.001,\"polynomial_order\":0,\"trend_through\":\"each run\",\
             \"mean\":\"whole\",\"highpass_seconds\":null,\"confound_columns\":null,\
             \"is_mean_replaced\":false,\"undefined\":\"zero\"}"
        );
        let back: TsnrDefinition = serde_json::from_str(&text).unwrap();
        assert_eq!(TsnrDefinition { based_on: Some(Tool::Nipype), ..back }, definition);
    }
}
