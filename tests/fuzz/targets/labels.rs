//! Tables of labels: BIDS's, FSL's XML, FreeSurfer's colours, in any encoding.

use super::is_meant;
use crate::driver::{Reached, Target};
use std::fs;
use std::path::Path;
use tsnr::regions::{LabelNames, Regions};

pub const TARGET: Target = Target {
    name: "labels",
    seeds,
    words: &[
        "\t",
        "\n",
        "index",
        "name",
        "n/a",
        "\"",
        "<label index=\"3\">",
        "</label>",
        "<data>",
        "</data>",
        "&amp;",
        "&x;",
        "<!--",
        "<![CDATA[",
        "<!DOCTYPE a [",
        "\u{feff}",
        "9223372036854775807",
        "-1",
        "#",
        "é",
        "\r\n",
        "<type>Probabilistic</type>",
    ],
    longest: 1 << 14,
    most_memory: 32 << 20,
    run,
};

fn seeds() -> Vec<Vec<u8>> {
    let xml = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<atlas version=\"1.0\"><header><name>A\
               </name><type>Label</type></header><data>\n<label index=\"0\" x=\"1\" y=\"2\" z=\"3\">air\
               </label>\n<label index=\"1\" x=\"1\" y=\"2\" z=\"3\">Frontal &amp; Pole</label></data></atlas>";
    let texts = [
        "index\tname\tabbreviation\n0\tair\ta\n3\tGrey Matter\tGM\n5\tabsent\tn/a\n",
        "name\tindex\tcolor\n\"one\"\t1\t#ff0000\ntwo\t2\tn/a\n",
        xml,
        "# colours\n0 Unknown 0 0 0 0\n2 Left-Cerebral-White-Matter 245 245 245 0\n 10  Thalamus 0 118 14 0\n",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|it| it.as_bytes().to_vec()).collect();
    // Latin-1, and UTF-16 with its mark.
    seeds.push("index\tname\n1\tGehirn\n2\t".bytes().chain([0xdc, b'b', b'\n']).collect());
    let wide = texts[0].encode_utf16().flat_map(u16::to_le_bytes);
    seeds.push([0xff, 0xfe].into_iter().chain(wide).collect());
    seeds
}

fn run(input: &[u8], folder: &Path) -> Reached {
    let file = folder.join("labels");
    fs::write(&file, input).expect("a file");
    let names = match LabelNames::read(&file) {
        Ok(names) => names,
        Err(error) => {
            is_meant(&error);
            // One that is told apart from a format has an entry that is wrong.
            let is_of_entry = error.to_string().contains("line ");
            return if is_of_entry { Reached::Content } else { Reached::Head };
        }
    };
    let labels = [0.0, 1.0, 2.0, 3.0, -1.0, 1e9, 5.0, 10.0];
    let regions = Regions::labelled([2, 2, 2], &labels, &names);
    let count = regions.map(|it| it.iter().count()).unwrap_or_else(|error| {
        is_meant(&error);
        0
    });
    assert!(count <= 8 + input.len(), "{count} regions");
    Reached::End
}
