//! bfloat16: the upper half of a float32, little-endian.

use crate::vectorize::vectorize;

vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));

#[inline(always)]
fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
    let (halves, _) = bytes.as_chunks::<2>();
    for (&half, out) in halves.iter().zip(out) {
        *out = f32::from_bits(u32::from(u16::from_le_bytes(half)) << 16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_bits() {
        let mut out = [0.0; 3];
        dequantize(&[0x80, 0x3f, 0x00, 0x80, 0x49, 0x40], &mut out);
        assert_eq!(out.map(f32::to_bits), [0x3f80_0000, 0x8000_0000, 0x4049_0000]);
    }
}
