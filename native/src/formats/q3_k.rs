//! Super-blocks of 256 3-bit weights in runs of 16: 32 bytes of third bits (bit j of byte i is that of weight
//! i + 32 j), 64 bytes of low bits as in Q2_K, 12 bytes of scales, half d; w = d * (scale - 32) * (q - 4).

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};
use super::q2_k::open_pairs_of_bits;

pub struct Q3K;

impl BlockFormat for Q3K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 110;
    const RUN: usize = 16;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Folded;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[108], bytes[109]]);
        for run in 0..16 {
            // Low four bits: bytes 0 to 7, low nibbles first; high two: four runs a byte in bytes 8 to 11.
            let low = bytes[96 + (run & 7)] >> (if run < 8 { 0 } else { 4 }) & 15;
            let high = bytes[104 + (run & 3)] >> (2 * (run >> 2)) & 3;
            block.factors[run] = i16::from(low | high << 4) - 32;
        }
        open_pairs_of_bits(&bytes[32..96], &mut block.quants);
        for (part, quants) in block.quants.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            for (q, &thirds) in quants.iter_mut().zip(&bytes[..32]) {
                *q += ((thirds >> part & 1) << 2).cast_signed() - 4;
            }
        }
    }
}
