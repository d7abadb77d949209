//! Pictures with a palette as PNG files.
//!
//! Written here because it is short: an indexed picture needs four kinds of chunk and no row
//! filters, and flate2, which the maps need anyway, brings both zlib and CRC-32.

use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::{self, Write};

/// A text that a file says about its picture: a keyword of PNG's, and any text.
pub(super) type Text<'a> = (&'a str, &'a str);

/// A PNG file (W3C PNG, third edition) of `width * height` pixels, row by row from the top, each
/// the number of a colour of the palette. `alpha` is the opacity of the first colours; the others
/// are opaque.
///
/// # Panics
/// If there are not as many pixels, no pixels, or not 1 to 256 colours.
pub(super) fn encoded(
    width: usize,
    height: usize,
    pixels: &[u8],
    palette: &[[u8; 3]],
    alpha: &[u8],
) -> Vec<u8> {
    assert_eq!(pixels.len(), width * height, "a value for each pixel");
    assert!(!pixels.is_empty() && (1..=256).contains(&palette.len()));
    let side = |length: usize| u32::try_from(length).expect("a picture of some thousand pixels");
    let mut header = Vec::with_capacity(13);
    header.extend(side(width).to_be_bytes());
    header.extend(side(height).to_be_bytes());
    // Eight bits a pixel; colour type 3, a palette; deflate; filters by row; not interlaced.
    header.extend([8, 3, 0, 0, 0]);

    let mut rows = ZlibEncoder::new(Vec::new(), Compression::new(6));
    for row in pixels.chunks_exact(width) {
        // Filter 0, none: neighbouring numbers of a palette say nothing of one another.
        rows.write_all(&[0]).and_then(|()| rows.write_all(row)).expect("memory takes any bytes");
    }
    let rows = rows.finish().expect("memory takes any bytes");

    let mut file = SIGNATURE.to_vec();
    let alpha = (!alpha.is_empty()).then_some((*b"tRNS", alpha));
    let chunks = [(*b"IHDR", &header[..]), (*b"PLTE", palette.as_flattened())];
    let chunks = chunks.into_iter().chain(alpha).chain([(*b"IDAT", &rows[..]), (*b"IEND", &[])]);
    for (kind, content) in chunks {
        chunk(&mut file, kind, content).expect("memory takes any bytes");
    }
    file
}

/// The channels of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    /// Red, green, blue.
    Colors,
    /// These, and opacity.
    ColorsAndOpacity,
}

impl Channels {
    /// How many there are, a byte each.
    pub fn count(self) -> usize {
        match self {
            Channels::Colors => 3,
            Channels::ColorsAndOpacity => 4,
        }
    }
}

/// A PNG file in colours that is written row by row from the top, so that no more than a row of it is held.
pub(super) struct Rows<'a> {
    rows: ZlibEncoder<DataChunks<'a>>,
    above: Vec<u8>,
    left: usize,
}

impl<'a> Rows<'a> {
    /// Begins a picture so wide and tall, with texts about it.
    ///
    /// # Errors
    /// Those of writing.
    pub fn begin(
        to: &'a mut dyn Write,
        [width, height]: [usize; 2],
        channels: Channels,
        texts: &[Text],
    ) -> io::Result<Rows<'a>> {
        let side =
            |length: usize| u32::try_from(length).expect("a picture of some thousand pixels");
        let mut header = Vec::with_capacity(13);
        header.extend(side(width).to_be_bytes());
        header.extend(side(height).to_be_bytes());
        // Eight bits a channel; colour type 2 or 6; deflate; filters by row; not interlaced.
        header.extend([8, if channels == Channels::Colors { 2 } else { 6 }, 0, 0, 0]);
        to.write_all(SIGNATURE)?;
        chunk(to, *b"IHDR", &header)?;
        for (keyword, text) in texts {
            // Not compressed, of no language, and the keyword is not translated.
            let content = [keyword.as_bytes(), &[0; 5], text.as_bytes()].concat();
            chunk(to, *b"iTXt", &content)?;
        }
        let chunks = DataChunks { to, data: Vec::new() };
        let rows = ZlibEncoder::new(chunks, Compression::new(6));
        Ok(Rows { rows, above: vec![0; channels.count() * width], left: height })
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// Those of writing.
    ///
    /// # Panics
    /// If it has another length than the others, or is one too many.
    pub fn push(&mut self, row: &[u8]) -> io::Result<()> {
        assert_eq!(row.len(), self.above.len(), "rows of one length");
        self.left = self.left.checked_sub(1).expect("as many rows as were said");
        // Filter 2, up: an enlarged voxel is several rows tall.
        let filtered = row.iter().zip(&self.above).map(|(it, up)| it.wrapping_sub(*up));
        let filtered: Vec<u8> = std::iter::once(2).chain(filtered).collect();
        self.rows.write_all(&filtered)?;
        self.above.copy_from_slice(row);
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Those of writing.
    ///
    /// # Panics
    /// If rows are missing.
    pub fn end(self) -> io::Result<()> {
        assert_eq!(self.left, 0, "as many rows as were said");
        let mut chunks = self.rows.finish()?;
        chunks.flush()?;
        chunk(chunks.to, *b"IEND", &[])
    }
}

/// The compressed rows, in chunks of some size: one of a usual picture.
struct DataChunks<'a> {
    to: &'a mut dyn Write,
    data: Vec<u8>,
}

/// Bytes of a chunk, of which there may be any number.
const CHUNK_BYTES: usize = 1 << 20;

impl Write for DataChunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.data.extend_from_slice(bytes);
        if self.data.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.data.is_empty() {
            chunk(self.to, *b"IDAT", &self.data)?;
            self.data.clear();
        }
        Ok(())
    }
}

/// The first bytes of every PNG file.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

fn chunk(to: &mut dyn Write, kind: [u8; 4], content: &[u8]) -> io::Result<()> {
    let mut check = Crc::new();
    check.update(&kind);
    check.update(content);
    let length = u32::try_from(content.len()).expect("less than 4 GiB");
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&kind)?;
    to.write_all(content)?;
    to.write_all(&check.sum().to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The crate `png` is the judge: it checks lengths, CRCs and the zlib stream.
    #[test]
    fn another_reader_finds_the_same_pixels() {
        let (width, height) = (37, 19);
        let pixels: Vec<u8> = (0..width * height).map(|it| (it * 31 % 251) as u8).collect();
        let palette: Vec<[u8; 3]> = (0..=255).map(|it| [it, 255 - it, it / 2]).collect();
        let file = encoded(width, height, &pixels, &palette, &[0, 128]);
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut found).unwrap();
        assert_eq!((frame.width, frame.height), (37, 19));
        assert_eq!(frame.color_type, png::ColorType::Rgba);
        for (pixel, found) in pixels.iter().zip(found.chunks_exact(4)) {
            let [r, g, b] = palette[usize::from(*pixel)];
            let alpha = [0, 128].get(usize::from(*pixel)).copied().unwrap_or(255);
            assert_eq!(found, [r, g, b, alpha]);
        }
        reader.finish().unwrap();
    }

    /// Rows of noise, which is not compressed.
    #[test]
    fn another_reader_finds_the_rows_in_several_chunks() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let pixels: Vec<u8> = (0..3 * 1000 * 700).map(|_| noise()).collect();
        let mut file = Vec::new();
        let mut rows = Rows::begin(&mut file, [1000, 700], Channels::Colors, &[]).unwrap();
        pixels.chunks(3000).for_each(|row| rows.push(row).unwrap());
        rows.end().unwrap();
        assert!(file.windows(4).filter(|it| it == b"IDAT").count() > 1);
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut found).unwrap();
        assert!(found == pixels);
    }

    #[test]
    fn another_reader_finds_colours_opacity_and_texts() {
        let pixels: Vec<[u8; 4]> = (0..=255).map(|it| [it, 255 - it, it / 2, it ^ 85]).collect();
        let texts = [("Title", "tSNR of µ"), ("Description", "median 1, N = 2")];
        let mut file = Vec::new();
        let channels = Channels::ColorsAndOpacity;
        let mut rows = Rows::begin(&mut file, [16, 16], channels, &texts).unwrap();
        pixels.chunks(16).for_each(|row| rows.push(row.as_flattened()).unwrap());
        rows.end().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut found = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut found).unwrap();
        assert_eq!(found, pixels.as_flattened());
        let found = reader.info().utf8_text.iter();
        let found: Vec<(String, String)> =
            found.map(|it| (it.keyword.clone(), it.get_text().unwrap())).collect();
        assert_eq!(found, texts.map(|(keyword, text)| (keyword.to_owned(), text.to_owned())));
    }
}
