//! A GIFTI file as it is read, once and in order: what it says of itself, then array after array.

use super::array::{Array, Encoding, Metadata, Order};
use super::samples::Decoder;
use super::xml::{Fault, Scanner, Tag, TagKind};
use crate::formats::codec::Decoded;
use gzip_stream::Surplus;
use std::path::PathBuf;

/// Samples are moved in pieces of this size.
const PIECE_BYTES: usize = 1024 * 1024;

/// The most bytes of the metadata of a file or an array: notes, of kilobytes.
const MOST_METADATA_BYTES: usize = 4 * 1024 * 1024;

/// The statements before the arrays of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// How many arrays it claims.
    pub arrays: usize,
    pub metadata: Metadata,
    /// The names of labels by their numbers.
    pub labels: Vec<(i64, String)>,
}

/// A file that is being read.
pub(super) struct Document {
    scanner: Scanner,
    decoder: Decoder,
    /// The tag that opens the next array, if it was met.
    next: Option<Tag>,
    state: State,
    /// How many arrays were begun.
    begun: usize,
    /// Where the file lies, for those beside it; none of a stream.
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Within the document, outside of any array.
    Between,
    /// Within an array, in its samples or behind them.
    InArray,
    /// Behind the end of the document.
    Ended,
}

impl Document {
    /// Begins to read a content, what stands before its arrays; the files that it names are beside it in
    /// `folder`. What was read is kept until [`take_head`](Document::take_head).
    ///
    /// # Errors
    /// Those of reading; a content that is no GIFTI.
    pub fn open(
        content: Box<dyn Decoded>,
        folder: Option<PathBuf>,
    ) -> Result<(Document, Head), Fault> {
        let mut scanner = Scanner::new(content);
        let root = scanner.tag()?;
        if root.name != "GIFTI" {
            return Err(Fault::damaged(format!("its XML begins with <{}>", root.name)));
        }
        let claimed = root.attribute("NumberOfDataArrays").map(str::trim).unwrap_or_default();
        let arrays = claimed.parse().map_err(|_| {
            Fault::damaged(format!("NumberOfDataArrays is '{claimed}', expected a whole number"))
        })?;
        let mut head = Head { arrays, ..Head::default() };
        let mut document = Document {
            scanner,
            decoder: Decoder::default(),
            next: None,
            state: if root.kind == TagKind::Empty { State::Ended } else { State::Between },
            begun: 0,
            folder,
        };
        while document.state == State::Between && document.next.is_none() {
            let tag = document.scanner.tag()?;
            if tag.opens("MetaData") && tag.kind == TagKind::Start {
                head.metadata.extend(document.metadata()?);
            } else if tag.opens("LabelTable") && tag.kind == TagKind::Start {
                head.labels = document.labels()?;
            } else {
                document.between(tag);
            }
        }
        Ok((document, head))
    }

    /// Goes on behind a tag that stands outside of arrays.
    fn between(&mut self, tag: Tag) {
        if tag.ends("GIFTI") {
            self.state = State::Ended;
        } else if tag.opens("DataArray") {
            self.next = Some(tag);
        }
    }

    /// The metadata whose element was opened.
    fn metadata(&mut self) -> Result<Metadata, Fault> {
        let mut metadata = Metadata::new();
        let (mut name, mut bytes) = (String::new(), 0);
        loop {
            let mut tag = self.scanner.tag()?;
            if tag.kind == TagKind::Start && (tag.name == "Name" || tag.name == "Value") {
                let (text, end) = self.scanner.text_and_tag()?;
                bytes += text.len();
                if bytes > MOST_METADATA_BYTES {
                    return Err(Fault::damaged("metadata of more than 4 MiB"));
                }
                match tag.name.as_str() {
                    "Name" => name = text.trim().to_owned(),
                    _ => metadata.push((std::mem::take(&mut name), text)),
                }
                tag = end;
            }
            if tag.ends("MetaData") {
                return Ok(metadata);
            }
        }
    }

    /// The labels whose table was opened.
    fn labels(&mut self) -> Result<Vec<(i64, String)>, Fault> {
        let mut labels = Vec::new();
        loop {
            let mut tag = self.scanner.tag()?;
            if tag.kind == TagKind::Start && tag.name == "Label" {
                let (text, end) = self.scanner.text_and_tag()?;
                // Index is what old files call it.
                let key = tag.attribute("Key").or_else(|| tag.attribute("Index"));
                let key = key.and_then(|it| it.trim().parse().ok());
                labels.extend(key.map(|key| (key, text.trim().to_owned())));
                tag = end;
            }
            if tag.ends("LabelTable") {
                return Ok(labels);
            }
        }
    }

    /// The next array, if there is one; what is left of the one before is passed over.
    ///
    /// # Errors
    /// Those of reading; an array that contradicts itself.
    pub fn next_array(&mut self) -> Result<Option<Array>, Fault> {
        if self.state == State::InArray {
            while !self.scanner.tag()?.ends("DataArray") {}
            self.state = State::Between;
        }
        while self.state == State::Between && self.next.is_none() {
            let tag = self.scanner.tag()?;
            self.between(tag);
        }
        let Some(tag) = self.next.take() else { return Ok(None) };
        self.begun += 1;
        let mut array = Array::of_tag(&tag, self.begun)?;
        let mut has_samples = tag.kind == TagKind::Empty;
        while !has_samples {
            let tag = self.scanner.tag()?;
            if tag.opens("MetaData") && tag.kind == TagKind::Start {
                array.metadata = self.metadata()?;
            }
            has_samples = tag.opens("Data") || tag.ends("DataArray");
            if tag.ends("DataArray") {
                self.state = State::Between;
            } else {
                self.state = State::InArray;
            }
        }
        let is_external = matches!(array.encoding, Encoding::External { .. });
        if self.state == State::Between && !is_external {
            return Err(Fault::damaged(format!("data array {} has no Data", self.begun)));
        }
        self.decoder.begin(&array, self.begun, self.folder.as_deref())?;
        Ok(Some(array))
    }

    /// The next samples of the array that was begun, in the order in which they stand there and in
    /// this machine's order of bytes. `go_on` is asked before each piece, of so many bytes.
    ///
    /// # Errors
    /// Those of reading and of `go_on`; samples that are damaged or end before.
    pub fn read_pieces(
        &mut self,
        samples: &mut [u8],
        mut go_on: impl FnMut(usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        for piece in samples.chunks_mut(PIECE_BYTES) {
            go_on(piece.len())?;
            self.read(piece)?;
        }
        Ok(())
    }

    fn read(&mut self, samples: &mut [u8]) -> Result<(), Fault> {
        self.decoder.read(&mut self.scanner, samples)
    }

    /// Sees that the array that was begun has no more samples.
    ///
    /// # Errors
    /// Those of reading; more samples; a checksum that differs.
    pub fn end_array(&mut self) -> Result<(), Fault> {
        self.decoder.end(&mut self.scanner)
    }

    /// All samples of an array that was begun, in the order that is wanted; `go_on` as in
    /// [`read_pieces`](Document::read_pieces).
    ///
    /// # Errors
    /// Those of [`read_pieces`](Document::read_pieces), of [`end_array`](Document::end_array).
    pub fn read_all(
        &mut self,
        array: &Array,
        wanted: Order,
        samples: &mut [u8],
        mut go_on: impl FnMut(usize) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if array.is_in_order(wanted) {
            self.read_pieces(samples, go_on)?;
            return self.end_array();
        }
        let [rows, columns] = array.rows_and_columns();
        let (size, count) = (array.datatype.bytes(), rows * columns);
        // In the file so many samples of one row or column lie one behind the other, in memory of the
        // other.
        let (length, others) = match array.order {
            Order::RowMajor => (columns, rows),
            Order::ColumnMajor => (rows, columns),
        };
        let mut piece = vec![0; (PIECE_BYTES / size).min(count) * size];
        let mut sample = 0;
        while sample < count {
            let here = (piece.len() / size).min(count - sample);
            let piece = &mut piece[..here * size];
            go_on(piece.len())?;
            self.read(piece)?;
            for bytes in piece.chunks_exact(size) {
                let place = (sample % length * others + sample / length) * size;
                samples[place..place + size].copy_from_slice(bytes);
                sample += 1;
            }
        }
        self.end_array()
    }

    /// How many arrays were begun.
    pub fn begun(&self) -> usize {
        self.begun
    }

    /// The bytes read up to now, as they stand in the content.
    pub fn take_head(&mut self) -> Vec<u8> {
        self.scanner.take_head()
    }

    /// Reads what is left of the content, for the sake of its checksums.
    ///
    /// # Errors
    /// Those of reading and of `go_on`.
    pub fn drain(&mut self, go_on: impl FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
        self.scanner.drain(go_on)
    }

    /// The bytes found beside the content, once it was read to its end.
    pub fn surplus(&self) -> Surplus {
        self.scanner.surplus()
    }
}
