//! Blocks of 32 4-bit weights: half d, then 16 bytes that hold weight i low and weight i + 16 high; w = d * (q - 8).

use super::f16::to_f32;
use crate::vectorize::vectorize;

vectorize!(dequantize = dequantize_loop(bytes: &[u8], out: &mut [f32]));

#[inline(always)]
fn dequantize_loop(bytes: &[u8], out: &mut [f32]) {
    let (blocks, _) = bytes.as_chunks::<18>();
    let (out, _) = out.as_chunks_mut::<32>();
    for (block, out) in blocks.iter().zip(out) {
        let d = to_f32([block[0], block[1]]);
        let (low, high) = out.split_at_mut(16);
        for ((&pair, low), high) in block[2..].iter().zip(low).zip(high) {
            *low = d * (i32::from(pair & 15) - 8) as f32;
            *high = d * (i32::from(pair >> 4) - 8) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_the_nibbles_of_a_byte() {
        let mut block = [0x88; 18];
        block[..3].copy_from_slice(&[0x00, 0xc0, 0xf0]); // d = -2; weight 0 has q = 0, weight 16 has q = 15
        let mut out = [1.0; 32];
        dequantize(&block, &mut out);
        assert_eq!((out[0], out[16]), (16.0, -14.0));
        assert_eq!(out[1].to_bits(), (-0.0f32).to_bits());
    }
}
