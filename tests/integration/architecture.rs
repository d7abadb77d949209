//! Modules know only those that they may know, each crate has one home, and only the command
//! line talks. `ALLOWED` is the architecture: to add a module or an arrow, add it there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of `src`, and the modules that it may name.
const ALLOWED: &[(&str, &[&str])] = &[
    ("maps", &[]),
    ("wide_instructions", &[]),
    ("voxels", &["wide_instructions"]),
    ("error", &[]),
    ("paths", &[]),
    ("resources", &[]),
    ("markup", &[]),
    ("numbers", &[]),
    ("output", &["error", "paths"]),
    ("formats", &["error", "markup", "voxels"]),
    ("stats", &["maps", "voxels", "wide_instructions"]),
    ("pictures", &["error", "markup", "numbers", "stats"]),
    ("recipe", &["error", "maps", "stats"]),
    ("runs", &["error", "formats", "paths", "recipe"]),
    ("regions", &["error", "numbers", "stats"]),
    ("quality", &["regions", "stats"]),
    ("pipeline", &["error", "formats", "maps", "numbers", "recipe", "runs", "stats", "voxels"]),
    (
        "compare",
        &["error", "numbers", "pipeline", "recipe", "resources", "runs", "stats", "voxels"],
    ),
    ("nuisance", &["error", "formats", "numbers", "pipeline", "recipe", "runs", "stats"]),
    (
        "findings",
        &[
            "error", "formats", "maps", "nuisance", "numbers", "pictures", "pipeline", "quality",
            "recipe", "regions", "runs", "stats", "voxels",
        ],
    ),
    (
        "record",
        &[
            "findings", "formats", "maps", "nuisance", "pipeline", "quality", "recipe", "regions",
            "runs", "stats", "voxels",
        ],
    ),
    (
        "analysis",
        &[
            "error",
            "findings",
            "formats",
            "maps",
            "nuisance",
            "pipeline",
            "quality",
            "recipe",
            "record",
            "regions",
            "resources",
            "runs",
            "stats",
        ],
    ),
    (
        "diff",
        &[
            "analysis",
            "error",
            "findings",
            "formats",
            "numbers",
            "pipeline",
            "recipe",
            "record",
            "regions",
            "resources",
            "stats",
        ],
    ),
    ("info", &["error", "findings", "formats", "recipe", "runs", "voxels"]),
    (
        "export",
        &[
            "analysis", "diff", "error", "findings", "formats", "info", "maps", "markup",
            "nuisance", "numbers", "pictures", "pipeline", "quality", "recipe", "record",
            "regions", "runs", "stats",
        ],
    ),
    (
        "cli",
        &[
            "analysis",
            "compare",
            "diff",
            "error",
            "export",
            "findings",
            "formats",
            "info",
            "maps",
            "numbers",
            "output",
            "paths",
            "pictures",
            "pipeline",
            "recipe",
            "record",
            "resources",
            "runs",
            "stats",
            "voxels",
        ],
    ),
    ("main", &["cli", "resources"]),
];

/// Each crate that the program depends on, and the modules that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("anstream", &["cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("terminal_size", &["cli"]),
    ("roxmltree", &["formats", "regions"]),
    (
        "serde",
        &["cli", "compare", "diff", "export", "findings", "maps", "nuisance", "recipe", "stats"],
    ),
    ("serde_json", &["cli", "compare", "export", "findings", "recipe", "regions", "runs"]),
    ("taskgraph", &["analysis", "cli", "export", "markup", "numbers", "pipeline", "record"]),
    ("wait4", &["compare"]),
    ("gzip_stream", &["formats"]),
    ("hmac_sha256", &["analysis", "export", "recipe"]),
    ("bzip2", &["formats"]),
    ("ruzstd", &["formats"]),
    ("twox_hash", &["findings", "formats", "stats", "voxels"]),
    ("flate2", &["export", "formats", "pictures"]),
    ("glob", &["recipe", "runs"]),
    ("gzip_stream", &["formats"]),
    ("bytemuck", &["findings", "voxels"]),
    ("ndarray", &["export", "formats", "maps", "pipeline", "stats", "voxels"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The module of `src` that a file belongs to, and its code without comments and tests.
struct Source {
    file: PathBuf,
    module: String,
    code: String,
}

/// All sources but `lib.rs`, which names every module.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files.sort();
    let source = |path: PathBuf| {
        let file = path.strip_prefix(&src).expect("below src").to_owned();
        let top = file.iter().next().expect("a name").to_str().expect("UTF-8");
        let module = top.trim_end_matches(".rs").to_owned();
        let code = code(&fs::read_to_string(&path).expect("a source"));
        Source { file, module, code }
    };
    let sources: Vec<Source> = files.into_iter().map(source).collect();
    sources.into_iter().filter(|source| source.module != "lib").collect()
}

/// The lines that are compiled into the program: no comments, no `#[cfg(test)]` modules.
fn code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("#[cfg(test)]") {
            let indent = line.len() - trimmed.len();
            let end = format!("{}}}", " ".repeat(indent));
            let is_module = lines.peek().is_some_and(|next| next.trim_end().ends_with('{'));
            // As rustfmt lays it out, an item ends at a brace below its first letter.
            for line in lines.by_ref() {
                if !is_module || line == end {
                    break;
                }
            }
        } else if !trimmed.starts_with("//") {
            kept.push_str(line.split(" // ").next().unwrap_or_default());
            kept.push('\n');
        }
    }
    kept
}

/// The first names behind each `prefix` that stands alone: of `crate::{a::B, c}`, a and c.
fn names_behind(code: &str, prefix: &str) -> BTreeSet<String> {
    let is_part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let name =
        |text: &str| -> String { text.chars().take_while(|&c| is_part_of_name(c)).collect() };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(is_part_of_name) {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.insert(name(rest));
            continue;
        };
        let (mut depth, mut item) = (0, String::new());
        for c in list.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => names.extend([name(std::mem::take(&mut item).trim())]),
                _ => {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    item.push(c);
                }
            }
        }
        names.insert(name(item.trim()));
    }
    names.remove("");
    names
}

/// Every file and folder that `docs/architecture.md` names from the top is there.
#[test]
fn the_places_that_the_documentation_names_exist() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("a page");
    let quoted = text.split('`').skip(1).step_by(2);
    let places: Vec<&str> = quoted
        .filter(|it| ["src/", "crates/", "tests/", "docs/"].iter().any(|top| it.starts_with(top)))
        .filter(|it| !it.contains(['*', '{', ' ', '<']))
        .collect();
    assert!(places.len() > 40, "{places:?}");
    let missing: Vec<&&str> = places.iter().filter(|it| !root().join(it).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_module_of_src_has_a_row() {
    let modules: BTreeSet<String> = sources().into_iter().map(|source| source.module).collect();
    let rows: BTreeSet<String> = ALLOWED.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(modules, rows);
}

#[test]
fn modules_name_only_those_that_they_may_know() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut arrows = 0;
    for source in sources() {
        let mut named = names_behind(&source.code, "crate::");
        named.extend(
            names_behind(&source.code, "tsnr::")
                .into_iter()
                .filter(|name| allowed.contains_key(&**name) && source.module == "main"),
        );
        named.remove(&source.module);
        for name in named {
            arrows += 1;
            assert!(
                allowed[&*source.module].contains(&&*name),
                "{}: {} must not know {name}",
                source.file.display(),
                source.module
            );
        }
    }
    assert!(arrows > 20, "only {arrows} arrows were found: the search is broken");
}

#[test]
fn no_module_reaches_past_its_own_root_by_super() {
    for source in sources() {
        let is_root = source.file.ends_with("mod.rs");
        let depth = source.file.iter().count() - usize::from(is_root);
        // As many times `super` as a module lies deep is beside all modules of `src`.
        let reach = "super::".repeat(depth);
        assert!(!source.code.contains(&reach), "{}: {reach}", source.file.display());
    }
}

#[test]
fn the_arrows_make_no_circle() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while placed.len() < allowed.len() {
        let next = allowed.iter().find(|(module, knows)| {
            !placed.contains(*module) && knows.iter().all(|known| placed.contains(known))
        });
        let (module, _) = next.unwrap_or_else(|| panic!("a circle above {placed:?}"));
        placed.insert(module);
    }
}

#[test]
fn each_crate_is_named_in_its_home_only() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let table = manifest.split("\n[dependencies]\n").nth(1).expect("dependencies");
    let table = table.split("\n[").next().expect("a table");
    let dependencies: BTreeSet<String> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect();
    let homes: BTreeSet<String> = HOMES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(dependencies, homes, "each dependency has a row");

    for (name, homes) in HOMES {
        let mut found = BTreeSet::new();
        for source in sources() {
            // `use glob;` is not our way, so a path or a list begins with two colons.
            if !names_behind(&source.code, &format!("{name}::")).is_empty()
                || source.code.contains(&format!(" {name}::{{"))
            {
                assert!(
                    homes.contains(&&*source.module),
                    "{}: {name} belongs to {homes:?}",
                    source.file.display()
                );
                found.insert(source.module);
            }
        }
        assert!(!found.is_empty(), "{name} is named nowhere: the search is broken");
    }
}

/// The command line has no logic: it is a small part of the code, tests and comments counted.
#[test]
fn the_command_line_stays_small() {
    const MOST_LINES: usize = 3_300;
    let mut files = Vec::new();
    rust_files(&root().join("src/cli"), &mut files);
    let lines = |file: &PathBuf| fs::read_to_string(file).expect("a source").lines().count();
    let lines: usize = files.iter().map(lines).sum();
    assert!((1_000..=MOST_LINES).contains(&lines), "src/cli has {lines} lines");
}

/// The engine could serve any program.
#[test]
fn the_engine_has_no_word_of_what_it_is_used_for() {
    let engine = root().join("crates/taskgraph");
    let mut files = vec![engine.join("Cargo.toml"), engine.join("README.md")];
    rust_files(&engine, &mut files);
    assert!(files.len() > 30, "only {} files were found", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a source").to_lowercase();
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        for word in ["tsnr", "fmri", "nifti", "bids", "voxel", "voxels", "brain", "scanner"] {
            assert!(!words.contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for source in sources() {
        for word in ["println!", "eprintln!", "print!", "eprint!", "dbg!", "todo!"] {
            let talks = source.code.contains(word) && source.module != "cli";
            assert!(!talks, "{}: {word}", source.file.display());
        }
    }
}

#[test]
fn the_search_finds_names_in_lists_and_not_in_comments_or_tests() {
    let text = "use crate::formats::{Affine, Image};\n\
                use crate::{stats::{self, tsnr}, voxels::Block};\n\
                // crate::cli is above\n\
                /// [`crate::output`]\n\
                fn a() { crate::runs::expand(); mycrate::array(); }\n\
                #[cfg(test)]\n\
                mod tests {\n    use crate::pipeline;\n}\n\
                use crate::error::Error;\n";
    let found = names_behind(&code(text), "crate::");
    assert_eq!(Vec::from_iter(found), ["error", "formats", "runs", "stats", "voxels"]);
}
