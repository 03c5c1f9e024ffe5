//! Blocks of 32 4-bit weights as ONNX Runtime's MatMulNBits takes them: weight 2i of a block in the low and weight
//! 2i + 1 in the high nibble of byte i; w = scale * (q - 8) + offset.

use crate::vectorize::vectorize;

vectorize!(unpack = unpack_loop(quants: &[u8], scales: &[f32], offsets: Option<&[f32]>, out: &mut [f32]));

#[inline(always)]
fn unpack_loop(quants: &[u8], scales: &[f32], offsets: Option<&[f32]>, out: &mut [f32]) {
    let (quants, _) = quants.as_chunks::<16>();
    let (out, _) = out.as_chunks_mut::<32>();
    let blocks = quants.iter().zip(scales).zip(out);
    match offsets {
        // Without an offset there is nothing to add: adding a zero would turn -0 into 0.
        None => {
            for ((quants, &scale), out) in blocks {
                for_each_weight(quants, out, |q| scale * q as f32);
            }
        }
        Some(offsets) => {
            for (((quants, &scale), out), &offset) in blocks.zip(offsets) {
                // As in JavaScript: float64 holds the product of any scale, and storing the sum rounds it.
                let (scale, offset) = (f64::from(scale), f64::from(offset));
                for_each_weight(quants, out, |q| (scale * f64::from(q) + offset) as f32);
            }
        }
    }
}

/// Eight nibbles a word, each shifted by a lane of its own: that is how AVX2 unpacks them at once.
#[inline(always)]
fn for_each_weight(quants: &[u8; 16], out: &mut [f32; 32], weight: impl Fn(i32) -> f32) {
    let (words, _) = quants.as_chunks::<4>();
    let (out, _) = out.as_chunks_mut::<8>();
    for (&word, out) in words.iter().zip(out) {
        let word = u32::from_le_bytes(word);
        for (lane, out) in out.iter_mut().enumerate() {
            *out = weight((word >> (4 * lane) & 15) as i32 - 8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_even_weight_is_low() {
        let mut quants = [0x88; 16];
        quants[..2].copy_from_slice(&[0xf0, 0x79]);
        let mut out = [1.0; 32];
        unpack(&quants, &[0.5], None, &mut out);
        assert_eq!(out[..4], [-4.0, 3.5, 0.5, -0.5]);
        assert!(out[4..].iter().all(|weight| weight.to_bits() == 0));
    }

    #[test]
    fn the_product_is_not_rounded_before_the_offset_is_added() {
        let mut out = [1.0; 32];
        unpack(&[0xff; 16], &[1.0 + f32::EPSILON], Some(&[-7.0]), &mut out);
        assert_eq!(out, [7.0 * f32::EPSILON; 32]);
    }
}
