//! Super-blocks of 256 4-bit weights in runs of 32: half d, half dmin, 12 bytes of scales and minima, 128 bytes of
//! nibbles (32 bytes hold two runs, the first one low); w = d * scale * q - dmin * minimum.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing, open_nibbles};

pub struct Q4K;

impl BlockFormat for Q4K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 144;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Nibbles;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        open_scales(bytes, block);
        for (pairs, quants) in bytes[16..144].chunks_exact(32).zip(block.quants.chunks_exact_mut(64)) {
            open_nibbles(pairs, quants, 0);
        }
    }
}

/// Bytes 0 to 3 of the twelve hold the scales of runs 0 to 3, bytes 4 to 7 their minima, six bits each; bytes 8 to 11
/// the low four bits of the other scales and minima, whose high two bits are at the top of bytes 0 to 7.
#[inline(always)]
pub fn open_scales(bytes: &[u8], block: &mut OpenBlock) {
    block.unit = to_f32([bytes[0], bytes[1]]);
    block.min_unit = to_f32([bytes[2], bytes[3]]);
    for run in 0..4 {
        let (scale, minimum, pair) = (bytes[4 + run], bytes[8 + run], bytes[12 + run]);
        block.factors[run] = i16::from(scale & 63);
        block.min_factors[run] = i16::from(minimum & 63);
        block.factors[run + 4] = i16::from(pair & 15 | scale >> 6 << 4);
        block.min_factors[run + 4] = i16::from(pair >> 4 | minimum >> 6 << 4);
    }
}
