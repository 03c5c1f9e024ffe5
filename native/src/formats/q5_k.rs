//! Super-blocks of 256 5-bit weights: as Q4_K, with 32 bytes of fifth bits before the nibbles (bit j of byte i is that
//! of weight i + 32 j).

use super::open_block::{BlockFormat, OpenBlock, Packing, open_nibbles};
use super::q4_k::open_scales;

pub struct Q5K;

impl BlockFormat for Q5K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 176;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Bytes;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        open_scales(bytes, block);
        for (pairs, quants) in bytes[48..176].chunks_exact(32).zip(block.quants.chunks_exact_mut(64)) {
            open_nibbles(pairs, quants, 0);
        }
        for (run, quants) in block.quants.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            for (q, &fifths) in quants.iter_mut().zip(&bytes[16..48]) {
                *q |= ((fifths >> run & 1) << 4).cast_signed();
            }
        }
    }
}
