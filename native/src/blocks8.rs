//! Blocks of 32 8-bit weights as ONNX Runtime's MatMulNBits takes them; w = scale * (q - 128) + offset.

use crate::vectorize::vectorize;

vectorize!(unpack = unpack_loop(quants: &[u8], scales: &[f32], offsets: Option<&[f32]>, out: &mut [f32]));

#[inline(always)]
fn unpack_loop(quants: &[u8], scales: &[f32], offsets: Option<&[f32]>, out: &mut [f32]) {
    let (quants, _) = quants.as_chunks::<32>();
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

#[inline(always)]
fn for_each_weight(quants: &[u8; 32], out: &mut [f32; 32], weight: impl Fn(i32) -> f32) {
    for (&q, out) in quants.iter().zip(out) {
        *out = weight(i32::from(q) - 128);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quant_is_a_byte() {
        let mut quants = [128; 32];
        quants[..2].copy_from_slice(&[0, 255]);
        let mut out = [1.0; 32];
        unpack(&quants, &[-2.0], None, &mut out);
        assert_eq!(out[..2], [256.0, -254.0]);
        assert!(out[2..].iter().all(|weight| weight.to_bits() == (-0.0f32).to_bits()));
    }

    #[test]
    fn the_product_is_not_rounded_before_the_offset_is_added() {
        let mut out = [1.0; 32];
        unpack(&[255; 32], &[1.0 + f32::EPSILON], Some(&[-127.0]), &mut out);
        assert_eq!(out, [127.0 * f32::EPSILON; 32]);
    }
}
