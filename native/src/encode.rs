//! Float weights in the formats in which models are written, bit-equal to ggml. Source: ggml-quants.c
//! (`quantize_row_*_ref`), whose steps are in float32.

use napi::bindgen_prelude::Result;

use crate::checks::invalid;
use crate::vectorize::vectorize;

pub struct WrittenFormat {
    pub name: &'static str,
    /// Weights of a block; a power of two, so that parts hold whole blocks.
    pub block_size: usize,
    pub bytes_per_block: usize,
    /// Writes whole blocks.
    pub encode: fn(&[f32], &mut [u8]),
}

vectorize!(encode_f16 = f16(weights: &[f32], out: &mut [u8]));
vectorize!(encode_q8_0 = q8_0(weights: &[f32], out: &mut [u8]));
vectorize!(encode_q4_0 = q4_0(weights: &[f32], out: &mut [u8]));
vectorize!(encode_q4_1 = q4_1(weights: &[f32], out: &mut [u8]));

pub const WRITTEN: &[WrittenFormat] = &[
    WrittenFormat { name: "F16", block_size: 1, bytes_per_block: 2, encode: encode_f16 },
    WrittenFormat { name: "Q8_0", block_size: 32, bytes_per_block: 34, encode: encode_q8_0 },
    WrittenFormat { name: "Q4_0", block_size: 32, bytes_per_block: 18, encode: encode_q4_0 },
    WrittenFormat { name: "Q4_1", block_size: 32, bytes_per_block: 20, encode: encode_q4_1 },
];

pub fn find(name: &str) -> Result<&'static WrittenFormat> {
    WRITTEN
        .iter()
        .find(|format| format.name == name)
        .ok_or_else(|| invalid(format!("{name} is not a format that is written here.")))
}

/// The least number that half precision rounds to infinity.
pub const BEYOND_HALF: f32 = 65_520.0;

/// To nearest, ties to even.
#[inline(always)]
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    let rounded = if magnitude > 0x7f80_0000 {
        0x7e00
    } else if magnitude >= BEYOND_HALF.to_bits() {
        0x7c00
    } else if magnitude < 0x3880_0000 {
        // Steps of 2^-24, as floats from 0.5 on have them: the sum rounds.
        (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5_f32.to_bits()
    } else {
        (magnitude + 0xfff + ((magnitude >> 13) & 1) - (112 << 23)) >> 13
    };
    (sign | rounded) as u16
}

#[inline(always)]
fn f16(weights: &[f32], out: &mut [u8]) {
    for (&weight, out) in weights.iter().zip(out.as_chunks_mut::<2>().0) {
        *out = half(weight).to_le_bytes();
    }
}

/// A block: half d, 32 signed bytes q; w = d * q.
#[inline(always)]
fn q8_0(weights: &[f32], out: &mut [u8]) {
    for (weights, out) in weights.as_chunks::<32>().0.iter().zip(out.as_chunks_mut::<34>().0) {
        let largest = largest(weights);
        let d = largest / 127.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        out[..2].copy_from_slice(&half(d).to_le_bytes());
        for (&weight, q) in weights.iter().zip(&mut out[2..]) {
            *q = nearest(weight * inverse) as u8;
        }
    }
}

/// The largest distance from 0; what is no number doesn't count.
#[inline(always)]
fn largest(weights: &[f32; 32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for weights in weights.as_chunks::<8>().0 {
        for (lane, weight) in lanes.iter_mut().zip(weights) {
            *lane = if weight.abs() > *lane { weight.abs() } else { *lane };
        }
    }
    lanes.into_iter().fold(0.0, |largest, lane| if lane > largest { lane } else { largest })
}

/// Halves go away from 0, as C's roundf has it; 0 for what is no number.
#[inline(always)]
fn nearest(value: f32) -> i8 {
    let whole = value.trunc();
    let away = if (value - whole).abs() >= 0.5 { whole + 1.0_f32.copysign(value) } else { whole };
    let above = if away > -128.0 { away } else { -128.0 };
    let between = if above < 127.0 { above } else { 127.0 };
    // SAFETY: it is between -128 and 127.
    if value.is_nan() { 0 } else { unsafe { between.to_int_unchecked::<i32>() as i8 } }
}

/// A block: half d, 16 bytes of nibbles q; w = d * (q - 8): the weight furthest from 0 takes q = 0.
#[inline(always)]
fn q4_0(weights: &[f32], out: &mut [u8]) {
    for (weights, out) in weights.as_chunks::<32>().0.iter().zip(out.as_chunks_mut::<18>().0) {
        let furthest = weights
            .iter()
            .fold(0.0_f32, |furthest, &weight| if weight.abs() > furthest.abs() { weight } else { furthest });
        let d = furthest / -8.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        out[..2].copy_from_slice(&half(d).to_le_bytes());
        store_nibbles(weights, &mut out[2..], |weight| weight * inverse + 8.5);
    }
}

/// A block: half d, half m, 16 bytes of nibbles q; w = d * q + m.
#[inline(always)]
fn q4_1(weights: &[f32], out: &mut [u8]) {
    for (weights, out) in weights.as_chunks::<32>().0.iter().zip(out.as_chunks_mut::<20>().0) {
        let (mut least, mut greatest) = (f32::INFINITY, f32::NEG_INFINITY);
        for &weight in weights {
            if weight < least {
                least = weight;
            }
            if weight > greatest {
                greatest = weight;
            }
        }
        let d = (greatest - least) / 15.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        out[..2].copy_from_slice(&half(d).to_le_bytes());
        out[2..4].copy_from_slice(&half(least).to_le_bytes());
        store_nibbles(weights, &mut out[4..], |weight| (weight - least) * inverse + 0.5);
    }
}

/// Byte i holds weight i in its low and weight i + 16 in its high nibble; what comes is cut to a whole number.
#[inline(always)]
fn store_nibbles(weights: &[f32; 32], out: &mut [u8], scaled: impl Fn(f32) -> f32) {
    let mut nibbles = [0; 32];
    for (&weight, nibble) in weights.iter().zip(&mut nibbles) {
        let scaled = scaled(weight);
        // What is no number becomes 0.
        let scaled = if scaled > 0.0 { scaled } else { 0.0 };
        let scaled = if scaled < 15.0 { scaled } else { 15.0 };
        // SAFETY: it is between 0 and 15.
        *nibble = unsafe { scaled.to_int_unchecked::<i32>() } as u8;
    }
    for (index, out) in out.iter_mut().enumerate() {
        *out = nibbles[index] | nibbles[index + 16] << 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;

    #[test]
    fn every_half_comes_back_and_what_lies_between_is_rounded_to_even() {
        let decode = formats::find("F16").unwrap().dequantize;
        for bits in 0..=u16::MAX {
            let mut value = [0.0];
            decode(&bits.to_le_bytes(), &mut value);
            let back = half(value[0]);
            assert!(back == bits || value[0].is_nan(), "{bits:#x} came back as {back:#x}");
        }
        let step = 2.0_f32.powi(-10);
        assert_eq!((half(1.0 + step / 2.0), half(1.0 + 1.5 * step)), (0x3c00, 0x3c02));
        let least = 2.0_f32.powi(-24);
        assert_eq!((half(least / 2.0), half(1.5 * least), half(-least)), (0, 2, 0x8001));
        assert_eq!((half(65519.0), half(BEYOND_HALF)), (0x7bff, 0x7c00));
    }

    #[test]
    fn the_extremes_take_the_outermost_quants() {
        let mut weights = [0.0; 32];
        weights[..2].copy_from_slice(&[-2.0, 1.0]);
        let mut out = [0; 34];
        encode_q8_0(&weights, &mut out);
        assert_eq!((out[2] as i8, out[3] as i8, out[4]), (-127, 64, 0));
        let mut out = [0; 18];
        encode_q4_0(&weights, &mut out);
        assert_eq!((out[2] & 15, out[3] & 15), (0, 12));
        let mut out = [0; 20];
        encode_q4_1(&weights, &mut out);
        assert_eq!((out[4] & 15, out[5] & 15), (0, 15));
    }
}
