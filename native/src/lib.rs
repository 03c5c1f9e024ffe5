//! The weight codecs in which import and training spend their time, for Node. Every function writes into the
//! caller's arrays; the TypeScript codecs in `src-main/core/checkpoint` are the reference and give the same bits
//! (of NaNs only that they are NaNs).

mod blocks4;
mod blocks8;
mod checks;
mod encode;
mod formats;
#[cfg(target_arch = "x86_64")]
mod kernels;
mod parallel;
mod quantize;
mod round_block;
#[cfg(target_arch = "x86_64")]
mod runtime;
mod vectorize;

use napi::bindgen_prelude::{Float32ArraySlice, Result, Uint8ArraySlice};
use napi_derive::napi;

use crate::checks::{
    apart, check_blocks, check_packed, check_quantized, check_rows, check_written, ends, writable,
};

/// Decodes blocks of 32 4-bit weights (layout in `blocks4.rs`) on up to `threads` threads.
///
/// `quants`: [blocks, 16], `scales`: [blocks], `offsets`: [blocks] or null, `out`: [blocks, 32].
#[napi(catch_unwind)]
pub fn unpack_blocks4(
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
    mut out: Float32ArraySlice,
    threads: u32,
) -> Result<()> {
    let out = writable(&mut out, &[ends(quants), ends(scales), ends(offsets.unwrap_or_default())])?;
    check_blocks(16, quants, scales, offsets, out)?;
    parallel::unpack(blocks4::unpack, quants, scales, offsets, out, threads);
    Ok(())
}

/// Decodes blocks of 32 8-bit weights (layout in `blocks8.rs`) on up to `threads` threads.
///
/// `quants`: [blocks, 32], `scales`: [blocks], `offsets`: [blocks] or null, `out`: [blocks, 32].
#[napi(catch_unwind)]
pub fn unpack_blocks8(
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
    mut out: Float32ArraySlice,
    threads: u32,
) -> Result<()> {
    let out = writable(&mut out, &[ends(quants), ends(scales), ends(offsets.unwrap_or_default())])?;
    check_blocks(32, quants, scales, offsets, out)?;
    parallel::unpack(blocks8::unpack, quants, scales, offsets, out, threads);
    Ok(())
}

/// Decodes `out.length` weights (whole blocks) from the start of `bytes`, on up to `threads` threads.
#[napi(catch_unwind)]
pub fn dequantize(format: String, bytes: &[u8], mut out: Float32ArraySlice, threads: u32) -> Result<()> {
    let format = formats::find(&format)?;
    let out = writable(&mut out, &[ends(bytes)])?;
    let bytes = check_rows(format, bytes, out)?;
    parallel::dequantize(format, bytes, out, threads);
    Ok(())
}

/// Packs whole blocks of a quantised format as blocks of 32 with one scale and one offset (layouts in `blocks4.rs` and
/// `blocks8.rs`). Returns the squares of the errors and of the weights, summed; zeros where no weight was rounded.
///
/// `quants`: [blocks, 16 or 32], `scales`: [blocks], `offsets`: [blocks], null for formats without minima.
#[napi(catch_unwind)]
pub fn pack_blocks(
    format: String,
    bytes: &[u8],
    mut quants: Uint8ArraySlice,
    mut scales: Float32ArraySlice,
    mut offsets: Option<Float32ArraySlice>,
    threads: u32,
) -> Result<Vec<f64>> {
    let format = formats::find(&format)?;
    let offset_ends = offsets.as_ref().map_or(ends::<f32>(&[]), |offsets| ends(offsets));
    apart(&[ends(bytes), ends(&quants), ends(&scales), offset_ends])?;
    // SAFETY: no two of them overlap, and JavaScript waits until the call is over.
    let (quants, scales, offsets) =
        unsafe { (quants.as_mut(), scales.as_mut(), offsets.as_mut().map(|offsets| offsets.as_mut())) };
    let (bytes, packing) = check_packed(format, bytes, quants, scales, offsets.as_deref())?;
    let sums = parallel::pack(format, packing, bytes, quants, scales, offsets, threads);
    Ok(vec![sums.error, sums.weights])
}

/// Quantises float weights to blocks of 32 with one scale and one offset (layouts in `blocks4.rs` and `blocks8.rs`).
/// Returns the squares of the errors and of the weights, summed.
///
/// `weights`: [blocks, 32], `quants`: [blocks, 4 * bits], `scales`: [blocks], `offsets`: [blocks] or null.
#[napi(catch_unwind)]
pub fn quantize_blocks(
    weights: &[f32],
    bits: u32,
    mut quants: Uint8ArraySlice,
    mut scales: Float32ArraySlice,
    mut offsets: Option<Float32ArraySlice>,
    threads: u32,
) -> Result<Vec<f64>> {
    let offset_ends = offsets.as_ref().map_or(ends::<f32>(&[]), |offsets| ends(offsets));
    apart(&[ends(weights), ends(&quants), ends(&scales), offset_ends])?;
    // SAFETY: no two of them overlap, and JavaScript waits until the call is over.
    let (quants, scales, offsets) =
        unsafe { (quants.as_mut(), scales.as_mut(), offsets.as_mut().map(|offsets| offsets.as_mut())) };
    let quantize = check_quantized(bits, weights, quants, scales, offsets.as_deref())?;
    let sums = parallel::quantize(quantize, weights, quants, scales, offsets, threads);
    Ok(vec![sums.error, sums.weights])
}

/// Writes weights (whole blocks) in a format, on up to `threads` threads. Returns whether all that were finite still are.
#[napi(catch_unwind)]
pub fn encode(format: String, weights: &[f32], mut out: Uint8ArraySlice, threads: u32) -> Result<bool> {
    let format = encode::find(&format)?;
    apart(&[ends(weights), ends(&out)])?;
    // SAFETY: they don't overlap, and JavaScript waits until the call is over.
    let out = unsafe { out.as_mut() };
    check_written(format, weights, out)?;
    parallel::encode(format, weights, out, threads);
    let beyond = |weight: &f32| weight.is_finite() && weight.abs() >= encode::BEYOND_HALF;
    Ok(format.block_size > 1 || !weights.iter().any(beyond))
}

/// The names that `dequantize` takes.
#[napi(catch_unwind)]
pub fn formats() -> Vec<&'static str> {
    formats::FORMATS.iter().map(|format| format.name).collect()
}

/// Whether this processor runs the kernels behind `BlockLinear`.
#[napi(catch_unwind)]
pub fn has_kernels() -> bool {
    #[cfg(target_arch = "x86_64")]
    return kernels::available();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The names of the operators that graphs may hold beside ONNX Runtime's.
#[napi(catch_unwind)]
pub fn operators() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    return runtime::OPERATORS.to_vec();
    #[cfg(not(target_arch = "x86_64"))]
    vec![]
}
