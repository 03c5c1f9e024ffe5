//! What callers may have got wrong, found before any loop runs.

use std::ops::Range;

use napi::bindgen_prelude::{Error, Float32ArraySlice, Result, Status};

use crate::encode::WrittenFormat;
use crate::formats::{Format, FormatPacking};
use crate::quantize::{Quantize, quantize};

pub fn invalid(message: String) -> Error {
    Error::new(Status::InvalidArg, message)
}

pub fn check_blocks(
    bytes_per_block: usize,
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
    out: &[f32],
) -> Result<()> {
    let blocks = scales.len();
    check_length("quants", quants.len(), blocks, bytes_per_block)?;
    if let Some(offsets) = offsets {
        check_length("offsets", offsets.len(), blocks, 1)?;
    }
    check_length("out", out.len(), blocks, 32)
}

fn check_length(name: &str, length: usize, blocks: usize, per_block: usize) -> Result<()> {
    // No product of lengths: it could overflow.
    if length / per_block == blocks && length.is_multiple_of(per_block) {
        return Ok(());
    }
    Err(invalid(format!(
        "{name} has {length} elements; {blocks} blocks (one for each scale) need {per_block} each."
    )))
}

/// The bytes that `out` is decoded from: `bytes` may be longer, never shorter.
pub fn check_rows<'a>(format: &Format, bytes: &'a [u8], out: &[f32]) -> Result<&'a [u8]> {
    let Format { name, block_size, bytes_per_block, .. } = *format;
    if !out.len().is_multiple_of(block_size) {
        return Err(invalid(format!(
            "out has {} elements; {name} weights come in blocks of {block_size}.",
            out.len()
        )));
    }
    let blocks = out.len() / block_size;
    if bytes.len() / bytes_per_block < blocks {
        return Err(invalid(format!(
            "bytes has {} elements; {blocks} blocks of {name} need {bytes_per_block} each.",
            bytes.len()
        )));
    }
    Ok(&bytes[..blocks * bytes_per_block])
}

/// The bytes that are packed, and how.
pub fn check_packed<'a>(
    format: &'static Format,
    bytes: &'a [u8],
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
) -> Result<(&'a [u8], &'static FormatPacking)> {
    let name = format.name;
    let Some(packing) = &format.packing else {
        return Err(invalid(format!("{name} weights have no blocks.")));
    };
    let blocks = scales.len();
    check_length("quants", quants.len(), blocks, packing.quant_bytes)?;
    if packing.has_offsets != offsets.is_some() {
        return Err(invalid(format!("offsets do not go with {name}, or are missing.")));
    }
    if let Some(offsets) = offsets {
        check_length("offsets", offsets.len(), blocks, 1)?;
    }
    let per_block = format.block_size / 32;
    if !blocks.is_multiple_of(per_block) || bytes.len() / format.bytes_per_block < blocks / per_block {
        return Err(invalid(format!(
            "bytes has {} elements, too few or no whole blocks of {name}.",
            bytes.len()
        )));
    }
    Ok((&bytes[..blocks / per_block * format.bytes_per_block], packing))
}

/// What quantises to so many bits, once the arrays are known to fit.
pub fn check_quantized(
    bits: u32,
    weights: &[f32],
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
) -> Result<Quantize> {
    let (bytes_per_block, quantize): (usize, Quantize) = match bits {
        4 => (16, quantize::<4>),
        8 => (32, quantize::<8>),
        _ => return Err(invalid(format!("{bits} bits are not quantised to; 4 and 8 are."))),
    };
    check_length("weights", weights.len(), scales.len(), 32)?;
    check_length("quants", quants.len(), scales.len(), bytes_per_block)?;
    if let Some(offsets) = offsets {
        check_length("offsets", offsets.len(), scales.len(), 1)?;
    }
    Ok(quantize)
}

/// Whether `out` is as long as the weights are in the format.
pub fn check_written(format: &WrittenFormat, weights: &[f32], out: &[u8]) -> Result<()> {
    let WrittenFormat { name, block_size, bytes_per_block, .. } = *format;
    let blocks = weights.len() / block_size;
    if !weights.len().is_multiple_of(block_size) {
        return Err(invalid(format!(
            "weights has {} elements; {name} has blocks of {block_size}.",
            weights.len()
        )));
    }
    check_length("out", out.len(), blocks, bytes_per_block)
}

/// Refuses arrays that share memory.
pub fn apart(arrays: &[Range<*const u8>]) -> Result<()> {
    for (index, one) in arrays.iter().enumerate() {
        if arrays[..index].iter().any(|other| other.start < one.end && one.start < other.end) {
            return Err(invalid("two arrays share memory; give each its own.".into()));
        }
    }
    Ok(())
}

/// Where a slice begins and ends in memory, in bytes.
pub fn ends<T>(slice: &[T]) -> Range<*const u8> {
    let Range { start, end } = slice.as_ptr_range();
    start.cast()..end.cast()
}

/// `out` for writing; refused where it shares memory with an input, which Rust takes as never changing.
pub fn writable<'a>(out: &'a mut Float32ArraySlice, inputs: &[Range<*const u8>]) -> Result<&'a mut [f32]> {
    let out_ends = ends(out);
    if inputs.iter().any(|input| input.start < out_ends.end && out_ends.start < input.end) {
        return Err(invalid("out shares memory with an input; give it memory of its own.".into()));
    }
    // SAFETY: no input overlaps it, and JavaScript waits until the call is over.
    Ok(unsafe { out.as_mut() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;

    fn reason<T>(result: Result<T>) -> String {
        result.err().map(|error| error.reason.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_array_of_the_wrong_length_is_named() {
        assert_eq!(reason(check_blocks(16, &[0; 32], &[0.0; 2], Some(&[0.0; 2]), &[0.0; 64])), "");
        for (quants, offsets, out, named) in
            [(33, 2, 64, "quants"), (32, 1, 64, "offsets"), (32, 2, 63, "out")]
        {
            let (quants, offsets, out) = (vec![0; quants], vec![0.0; offsets], vec![0.0; out]);
            let reason = reason(check_blocks(16, &quants, &[0.0; 2], Some(&offsets), &out));
            assert!(reason.starts_with(named), "{reason}");
        }
    }

    #[test]
    fn weights_fit_the_blocks_they_are_quantised_to() {
        let check = |bits, weights: usize, quants: usize| {
            reason(check_quantized(bits, &vec![0.0; weights], &vec![0; quants], &[0.0; 2], Some(&[0.0; 2])))
        };
        assert_eq!((check(4, 64, 32), check(8, 64, 64)), (String::new(), String::new()));
        assert!(check(8, 63, 64).starts_with("weights has 63"));
        assert!(check(8, 64, 32).starts_with("quants has 32"));
        assert!(check(5, 64, 32).starts_with("5 bits"));
    }

    #[test]
    fn rows_are_whole_blocks_and_bytes_suffice() {
        let format = formats::find("Q4_0").unwrap();
        assert_eq!(check_rows(format, &[0; 40], &[0.0; 64]).unwrap().len(), 36);
        assert!(reason(check_rows(format, &[0; 36], &[0.0; 63])).starts_with("out has 63"));
        assert!(reason(check_rows(format, &[0; 35], &[0.0; 64])).starts_with("bytes has 35"));
        assert!(reason(formats::find("Q9")).starts_with("Q9 is not"));
    }
}
