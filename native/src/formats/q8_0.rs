//! Blocks of 32 8-bit weights: half d, then 32 signed bytes; w = d * q.

use super::f16::to_f32;
use crate::vectorize::vectorize;

vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));

#[inline(always)]
fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
    let (blocks, _) = bytes.as_chunks::<34>();
    let (out, _) = out.as_chunks_mut::<32>();
    for (block, out) in blocks.iter().zip(out) {
        let d = to_f32([block[0], block[1]]);
        for (&q, out) in block[2..].iter().zip(out) {
            *out = d * f32::from(q.cast_signed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_signed_bytes() {
        let mut block = [0; 34];
        block[..4].copy_from_slice(&[0x00, 0x40, 0x80, 0x7f]); // d = 2
        let mut out = [1.0; 32];
        dequantize(&block, &mut out);
        assert_eq!(out[..3], [-256.0, 254.0, 0.0]);
    }
}
