//! Pictures with a palette as PNG files.
//!
//! Written here because it is short: an indexed picture needs four kinds of chunk and no row
//! filters, and flate2, which the maps need anyway, brings both zlib and CRC-32.

use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write;

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

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"PLTE", palette.as_flattened());
    if !alpha.is_empty() {
        chunk(&mut file, *b"tRNS", alpha);
    }
    chunk(&mut file, *b"IDAT", &rows);
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A text that a file says about its picture: a keyword of PNG's, and any text.
pub(super) type Text<'a> = (&'a str, &'a str);

/// A PNG file of pixels of 3 bytes (red, green, blue) or 4 (and opacity), row by row from the top, with
/// texts about it.
///
/// # Panics
/// If there are not as many pixels, or none.
pub(super) fn in_colors<const N: usize>(
    width: usize,
    height: usize,
    pixels: &[[u8; N]],
    texts: &[Text],
) -> Vec<u8> {
    assert_eq!(pixels.len(), width * height, "a value for each pixel");
    assert!(!pixels.is_empty() && (N == 3 || N == 4));
    let side = |length: usize| u32::try_from(length).expect("a picture of some thousand pixels");
    let mut header = Vec::with_capacity(13);
    header.extend(side(width).to_be_bytes());
    header.extend(side(height).to_be_bytes());
    // Eight bits a channel; colour type 2 or 6; deflate; filters by row; not interlaced.
    header.extend([8, if N == 3 { 2 } else { 6 }, 0, 0, 0]);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let bytes = pixels.as_flattened();
    let mut above = vec![0; N * width];
    for row in bytes.chunks_exact(N * width) {
        // Filter 2, up: an enlarged voxel is several rows tall.
        let filtered: Vec<u8> =
            row.iter().zip(&above).map(|(it, up)| it.wrapping_sub(*up)).collect();
        rows.write_all(&[2])
            .and_then(|()| rows.write_all(&filtered))
            .expect("memory takes any bytes");
        above.copy_from_slice(row);
    }
    let rows = rows.finish().expect("memory takes any bytes");
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    for (keyword, text) in texts {
        // Not compressed, of no language, and the keyword is not translated.
        let content = [keyword.as_bytes(), &[0; 5], text.as_bytes()].concat();
        chunk(&mut file, *b"iTXt", &content);
    }
    chunk(&mut file, *b"IDAT", &rows);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let mut check = Crc::new();
    check.update(&kind);
    check.update(content);
    file.extend(u32::try_from(content.len()).expect("less than 4 GiB").to_be_bytes());
    file.extend(kind);
    file.extend(content);
    file.extend(check.sum().to_be_bytes());
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

    #[test]
    fn another_reader_finds_colours_opacity_and_texts() {
        let pixels: Vec<[u8; 4]> = (0..=255).map(|it| [it, 255 - it, it / 2, it ^ 85]).collect();
        let texts = [("Title", "tSNR of µ"), ("Description", "median 1, N = 2")];
        let file = in_colors(16, 16, &pixels, &texts);
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
