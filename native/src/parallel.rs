//! Cuts the work into parts and lets threads take them one by one.

use std::iter;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::encode::WrittenFormat;
use crate::formats::open_block::RoundingError;
use crate::formats::{Format, FormatPacking};
use crate::quantize::Quantize;

/// Weights of a part: 256 KB of float32, little enough for a core's cache.
const PART: usize = 65_536;
/// Starting a thread costs as much as decoding several parts.
const PARTS_PER_THREAD: usize = 8;

/// A decoder of whole blocks of 32: quants, scales, offsets, out.
pub type Unpack = fn(&[u8], &[f32], Option<&[f32]>, &mut [f32]);

pub fn unpack(
    unpack: Unpack,
    quants: &[u8],
    scales: &[f32],
    offsets: Option<&[f32]>,
    out: &mut [f32],
    threads: u32,
) {
    if scales.is_empty() {
        return;
    }
    let blocks = PART / 32;
    let bytes_per_block = quants.len() / scales.len();
    let threads = useful(threads, out.len());
    let parts = quants
        .chunks(blocks * bytes_per_block)
        .zip(scales.chunks(blocks))
        .zip(parts_of(offsets, blocks))
        .zip(out.chunks_mut(PART));
    for_each(parts, threads, |(((quants, scales), offsets), out)| unpack(quants, scales, offsets, out));
}

pub fn dequantize(format: &Format, bytes: &[u8], out: &mut [f32], threads: u32) {
    let threads = useful(threads, out.len());
    let parts = bytes.chunks(PART / format.block_size * format.bytes_per_block).zip(out.chunks_mut(PART));
    for_each(parts, threads, |(bytes, out)| (format.dequantize)(bytes, out));
}

pub fn pack(
    format: &Format,
    packing: &FormatPacking,
    bytes: &[u8],
    quants: &mut [u8],
    scales: &mut [f32],
    offsets: Option<&mut [f32]>,
    threads: u32,
) -> RoundingError {
    let blocks = PART / 32;
    let threads = useful(threads, scales.len() * 32);
    let mut sums = vec![RoundingError::default(); scales.len().div_ceil(blocks)];
    let parts = bytes
        .chunks(PART / format.block_size * format.bytes_per_block)
        .zip(quants.chunks_mut(blocks * packing.quant_bytes))
        .zip(scales.chunks_mut(blocks))
        .zip(parts_of_mut(offsets, blocks))
        .zip(&mut sums);
    for_each(parts, threads, |((((bytes, quants), scales), offsets), sums)| {
        (packing.pack)(bytes, quants, scales, offsets, sums);
    });
    total(&sums)
}

pub fn quantize(
    quantize: Quantize,
    weights: &[f32],
    quants: &mut [u8],
    scales: &mut [f32],
    offsets: Option<&mut [f32]>,
    threads: u32,
) -> RoundingError {
    if scales.is_empty() {
        return RoundingError::default();
    }
    let blocks = PART / 32;
    let bytes_per_block = quants.len() / scales.len();
    let threads = useful(threads, weights.len());
    let mut sums = vec![RoundingError::default(); scales.len().div_ceil(blocks)];
    let parts = weights
        .chunks(PART)
        .zip(quants.chunks_mut(blocks * bytes_per_block))
        .zip(scales.chunks_mut(blocks))
        .zip(parts_of_mut(offsets, blocks))
        .zip(&mut sums);
    for_each(parts, threads, |((((weights, quants), scales), offsets), sums)| {
        quantize(weights, quants, scales, offsets, sums);
    });
    total(&sums)
}

pub fn encode(format: &WrittenFormat, weights: &[f32], out: &mut [u8], threads: u32) {
    let threads = useful(threads, weights.len());
    let parts = weights.chunks(PART).zip(out.chunks_mut(PART / format.block_size * format.bytes_per_block));
    for_each(parts, threads, |(weights, out)| (format.encode)(weights, out));
}

/// Part by part, in order: the same sum on any number of threads.
fn total(sums: &[RoundingError]) -> RoundingError {
    sums.iter().fold(RoundingError::default(), |total, part| RoundingError {
        error: total.error + part.error,
        weights: total.weights + part.weights,
    })
}

fn parts_of_mut(
    offsets: Option<&mut [f32]>,
    blocks: usize,
) -> impl Iterator<Item = Option<&mut [f32]>> + Send {
    let mut parts = offsets.map(|offsets| offsets.chunks_mut(blocks));
    iter::from_fn(move || match &mut parts {
        Some(parts) => parts.next().map(Some),
        None => Some(None),
    })
}

fn parts_of(offsets: Option<&[f32]>, blocks: usize) -> impl Iterator<Item = Option<&[f32]>> + Send {
    let mut parts = offsets.map(|offsets| offsets.chunks(blocks));
    iter::from_fn(move || match &mut parts {
        Some(parts) => parts.next().map(Some),
        None => Some(None),
    })
}

fn useful(threads: u32, weights: usize) -> usize {
    (threads as usize).min(weights / PART / PARTS_PER_THREAD).max(1)
}

fn for_each<T: Send>(parts: impl Iterator<Item = T> + Send, threads: usize, work: impl Fn(T) + Sync) {
    let parts = Mutex::new(parts);
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        while let Some(part) = next() {
            work(part);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A thread that can't be started leaves its parts to the others.
            let _ = thread::Builder::new().spawn_scoped(scope, worker);
        }
        worker();
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{blocks4, formats};

    /// More than `PARTS_PER_THREAD` parts for each of three threads, the last part a short one.
    const BLOCKS: usize = 25 * PART / 32 + 3;

    #[test]
    fn threads_decode_as_one_does() {
        let quants: Vec<u8> = (0..BLOCKS * 16).map(|at| (at * 31 + at / 256) as u8).collect();
        let scales: Vec<f32> = (0..BLOCKS).map(|block| block as f32 * 1e-4).collect();
        let offsets: Vec<f32> = (0..BLOCKS).map(|block| 3.0 - block as f32 * 1e-3).collect();
        for offsets in [None, Some(offsets.as_slice())] {
            let mut expected = vec![0.0; BLOCKS * 32];
            blocks4::unpack(&quants, &scales, offsets, &mut expected);
            for threads in [0, 1, 3, u32::MAX] {
                let mut out = vec![1.0; BLOCKS * 32];
                unpack(blocks4::unpack, &quants, &scales, offsets, &mut out, threads);
                assert!(out == expected, "{threads} threads");
            }
        }
    }

    #[test]
    fn parts_hold_whole_blocks_of_every_format() {
        for format in formats::FORMATS {
            assert_eq!(PART % format.block_size, 0, "{}", format.name);
            let blocks = 2 * PART / format.block_size;
            let bytes: Vec<u8> = (0..blocks * format.bytes_per_block).map(|at| (at % 61) as u8).collect();
            let (mut expected, mut out) = (vec![0.0; 2 * PART], vec![1.0; 2 * PART]);
            (format.dequantize)(&bytes, &mut expected);
            dequantize(format, &bytes, &mut out, 2);
            assert!(out == expected, "{}", format.name);
        }
    }

    #[test]
    fn nothing_is_decoded_from_nothing() {
        unpack(blocks4::unpack, &[], &[], None, &mut [], 2);
    }
}
