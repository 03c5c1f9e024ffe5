//! Blocks of 32 4-bit weights: halves d and m, then 16 bytes that hold weight i low and weight i + 16 high;
//! w = d * q + m. A half times a nibble is exact in float32, so that the sum is the one rounding.

use super::f16::to_f32;
use crate::vectorize::vectorize;

vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));

#[inline(always)]
fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
    let (blocks, _) = bytes.as_chunks::<20>();
    let (out, _) = out.as_chunks_mut::<32>();
    for (block, out) in blocks.iter().zip(out) {
        let d = to_f32([block[0], block[1]]);
        let m = to_f32([block[2], block[3]]);
        let (low, high) = out.split_at_mut(16);
        for ((&pair, low), high) in block[4..].iter().zip(low).zip(high) {
            *low = d * f32::from(pair & 15) + m;
            *high = d * f32::from(pair >> 4) + m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_minimum() {
        let mut block = [0; 20];
        block[..5].copy_from_slice(&[0x00, 0x38, 0x00, 0xbc, 0xf2]); // d = 0.5, m = -1
        let mut out = [1.0; 32];
        dequantize(&block, &mut out);
        assert_eq!((out[0], out[1], out[16]), (0.0, -1.0, 6.5));
    }
}
