//! IEEE 754 half precision, little-endian.

use crate::vectorize::vectorize;

vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));

#[inline(always)]
fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
    let (halves, _) = bytes.as_chunks::<2>();
    for (&half, out) in halves.iter().zip(out) {
        *out = to_f32(half);
    }
}

/// 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits; any NaN becomes the one that JavaScript stores.
#[inline(always)]
pub fn to_f32(half: [u8; 2]) -> f32 {
    let half = u32::from(u16::from_le_bytes(half));
    let magnitude = (half & 0x7fff) << 13;
    let sign = (half & 0x8000) << 16;
    let normal = magnitude + ((127 - 15) << 23);
    // 1.fraction * 2^-14 less 1 * 2^-14: no float32 subnormal, over which processors stumble.
    let subnormal = (f32::from_bits(normal + (1 << 23)) - f32::from_bits((127 - 14) << 23)).to_bits();
    let finite = if magnitude < 1 << 23 { subnormal } else { normal };
    let infinity = 31 << 23;
    let unsigned = if magnitude < infinity { finite } else { 0x7f80_0000 };
    f32::from_bits(if magnitude > infinity { 0x7fc0_0000 } else { unsigned | sign })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value as the standard defines it.
    fn reference(bits: u16) -> f32 {
        let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
        match exponent {
            0 => sign * fraction * 2f32.powi(-24),
            31 if fraction == 0.0 => sign * f32::INFINITY,
            31 => f32::from_bits(0x7fc0_0000),
            _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
        }
    }

    #[test]
    fn every_half_has_its_value() {
        let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        let mut out = vec![0.0; 65_536];
        dequantize(&bytes, &mut out);
        for (bits, value) in (0..=u16::MAX).zip(out) {
            assert_eq!(value.to_bits(), reference(bits).to_bits(), "{bits:#06x}");
        }
    }
}
