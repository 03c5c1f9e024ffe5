//! Attention of new tokens to a cache and to each other.

use std::arch::x86_64::*;
use std::cell::RefCell;
use std::ops::Range;

use super::head::{HIDDEN, Head, QUERIES, Rows};
use super::softmax::softmax;
use super::{Attention, SCRATCH};
use crate::kernels::float32::Tile;
use crate::kernels::panels::WIDTH;
use crate::kernels::shared::Shared;
use crate::kernels::{Parallel, if_worth};

/// Keys and values of earlier tokens, of each row and key/value head: `keys` `[rows · kv_heads, size, capacity]`,
/// `values` `[rows · kv_heads, capacity, size]`. The mask says which places are filled.
#[derive(Clone, Copy)]
pub struct Past<'a> {
    pub keys: &'a [f32],
    pub values: &'a [f32],
    pub capacity: usize,
}

/// Up to so many new tokens a row the cache is read where it lies.
const FEW: usize = 8;
/// Products for which waking other threads pays.
const WORTH_THREADS: usize = 60_000;
/// Keys that a thread takes at once.
const KEYS: usize = 128;

thread_local! {
    /// Of the calling thread: `[rows · kv_heads, group · tokens, seen]` weights.
    static WEIGHTS: RefCell<Vec<f32>> = RefCell::default();
}

/// The attended values `[rows · tokens, heads · size]`; a query sees the cache, then the new tokens
/// (`problem.seen = capacity + tokens`), as the mask has it. Panics where lengths don't fit.
pub fn attend_cached(problem: &Attention, past: Past, out: &mut [f32], parallel: Parallel) {
    problem.check();
    let Attention { rows, tokens, kv_heads, size, .. } = *problem;
    assert!(out.len() == problem.queries.len(), "misshapen attention");
    assert!(problem.seen == past.capacity + tokens, "misshapen cache");
    assert!(past.keys.len() == rows * kv_heads * past.capacity * size, "misshapen cache");
    assert!(past.values.len() == past.keys.len(), "misshapen cache");
    let out = Shared(out.as_mut_ptr());
    match tokens <= FEW {
        true => attend_few(problem, past, out, parallel),
        false => attend_many(problem, past, out, parallel),
    }
}

/// Each head gathers what it sees and goes on as if there had never been a cache.
fn attend_many(problem: &Attention, past: Past, out: Shared, parallel: Parallel) {
    let Attention { rows, tokens, heads, size, .. } = *problem;
    parallel(rows * heads, &|task| {
        let head = Head::new(problem, task);
        SCRATCH.with_borrow_mut(|scratch| {
            head.gather(past, scratch);
            for first in (0..tokens).step_by(QUERIES) {
                let count = QUERIES.min(tokens - first);
                // SAFETY: `available` was asked; these queries of this head are this task's alone.
                unsafe {
                    head.look(first, count, &mut scratch.visible);
                    head.weigh(first, count, &scratch.keys, &scratch.visible, &mut scratch.weights);
                    for lane in (0..size).step_by(WIDTH) {
                        let y = out.at(head.query_at(first) + lane);
                        let values = Rows { from: &scratch.values, stride: size };
                        let y_row = heads * size;
                        head.combine(&scratch.weights, values, count, lane, &scratch.visible, y, y_row);
                    }
                }
            }
        });
    });
}

/// Scores, then their softmax, then what they weigh: of each the parts are independent, whatever the number of heads.
fn attend_few(problem: &Attention, past: Past, out: Shared, parallel: Parallel) {
    let Attention { rows, tokens, heads, kv_heads, size, seen, .. } = *problem;
    let parallel = if_worth(rows * heads * tokens * seen * size, WORTH_THREADS, parallel);
    let lines = heads / kv_heads * tokens;
    WEIGHTS.with_borrow_mut(|weights| {
        weights.resize(rows * kv_heads * lines * seen, 0.0);
        let weights = Shared(weights.as_mut_ptr());
        let filled = (0..rows).map(|row| filled(problem, past.capacity, row)).collect();
        let few = Few { problem, past, lines, weights, filled };
        // SAFETY: `available` was asked; parts write what is theirs alone.
        unsafe {
            let spans = seen.div_ceil(KEYS);
            parallel(rows * kv_heads * spans, &|task| {
                let from = task % spans * KEYS;
                few.score(task / spans, from, seen.min(from + KEYS));
            });
            parallel(rows * kv_heads * lines, &|task| few.soften(task / lines, task % lines));
            let parts = size.div_ceil(WIDTH);
            parallel(rows * kv_heads * parts, &|task| {
                few.combine(task / parts, task % parts * WIDTH, out);
            });
        }
    });
}

/// A pair is a row and one of its key/value heads; a line a token and one of the heads that share those.
struct Few<'a> {
    problem: &'a Attention<'a>,
    past: Past<'a>,
    /// Of a pair: `group · tokens`.
    lines: usize,
    weights: Shared,
    /// Of each row, the places of the cache that any query sees.
    filled: Vec<Range<usize>>,
}

/// The places of the cache from the first to the last that any of a row's queries sees.
fn filled(problem: &Attention, capacity: usize, row: usize) -> Range<usize> {
    let Attention { tokens, seen, mask, mask_row, .. } = *problem;
    let line = |token: usize| &mask[row * mask_row + token * seen..][..capacity];
    let sees = |score: &f32| *score > HIDDEN;
    let first = (0..tokens).filter_map(|token| line(token).iter().position(sees)).min();
    let last = (0..tokens).filter_map(|token| line(token).iter().rposition(sees)).max();
    first.unwrap_or(0)..last.map_or(0, |last| last + 1)
}

impl Few<'_> {
    /// Where a line's query begins, and its attended values.
    fn query_at(&self, pair: usize, line: usize) -> usize {
        let Attention { tokens, heads, kv_heads, size, .. } = *self.problem;
        let (row, kv_head) = (pair / kv_heads, pair % kv_heads);
        let (member, token) = (line / tokens, line % tokens);
        ((row * tokens + token) * heads + kv_head * (heads / kv_heads) + member) * size
    }

    /// Where a new token's key begins, and its value.
    fn key_at(&self, pair: usize, token: usize) -> usize {
        let Attention { tokens, kv_heads, size, .. } = *self.problem;
        ((pair / kv_heads * tokens + token) * kv_heads + pair % kv_heads) * size
    }

    fn filled(&self, pair: usize) -> Range<usize> {
        self.filled[pair / self.problem.kv_heads].clone()
    }

    /// A line's weights.
    fn line(&self, pair: usize, line: usize) -> *mut f32 {
        // SAFETY: there are so many lines.
        unsafe { self.weights.at((pair * self.lines + line) * self.problem.seen) }
    }

    /// The products of a pair's queries with the keys `from` to `to`.
    #[target_feature(enable = "avx512f")]
    unsafe fn score(&self, pair: usize, from: usize, to: usize) {
        let Attention { queries, keys, size, .. } = *self.problem;
        let Past { keys: past, capacity, .. } = self.past;
        let query = |line: usize| &queries[self.query_at(pair, line)..][..size];
        let past = &past[pair * size * capacity..(pair + 1) * size * capacity];
        let filled = self.filled(pair);
        let (start, end) = (from.max(filled.start), to.min(filled.end));
        // SAFETY: the lines are those that a chunk has, the lanes before `end`.
        unsafe {
            for at in (start..end).step_by(LANES) {
                let width = LANES.min(end - at);
                for first in (0..self.lines).step_by(3) {
                    let x = |line: usize| query(first + line).as_ptr();
                    let y = |line: usize| self.line(pair, first + line).add(at);
                    match self.lines - first {
                        1 => products([x(0)], &past[at..], size, capacity, width, [y(0)]),
                        2 => products([x(0), x(1)], &past[at..], size, capacity, width, [y(0), y(1)]),
                        _ => {
                            let (x, y) = ([x(0), x(1), x(2)], [y(0), y(1), y(2)]);
                            products(x, &past[at..], size, capacity, width, y);
                        }
                    }
                }
            }
            for place in from.max(capacity)..to {
                let key = &keys[self.key_at(pair, place - capacity)..][..size];
                for line in 0..self.lines {
                    let dot = query(line).iter().zip(key).map(|(a, b)| a * b).sum();
                    *self.line(pair, line).add(place) = dot;
                }
            }
        }
    }

    /// The softmax of a line's scores, in place.
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn soften(&self, pair: usize, line: usize) {
        let Attention { tokens, kv_heads, seen, mask, mask_row, .. } = *self.problem;
        let filled = self.filled(pair);
        let mask = mask[pair / kv_heads * mask_row + line % tokens * seen..][..seen].as_ptr();
        let spans = [filled, self.past.capacity..seen];
        // SAFETY: the spans lie within the line.
        unsafe { softmax(self.line(pair, line), mask, &spans) };
    }

    /// `Σ weights · values`, lanes `lane` and on, of a pair's lines.
    unsafe fn combine(&self, pair: usize, lane: usize, out: Shared) {
        let Attention { tokens, heads, kv_heads, size, seen, values, .. } = *self.problem;
        let Past { values: past, capacity, .. } = self.past;
        // Lines of one token lie side by side in the result, those of one head a token apart.
        let (runs, count, x_row, y_row) = match tokens {
            1 => (1, self.lines, seen, size),
            _ => (heads / kv_heads, tokens, seen, heads * size),
        };
        let filled = self.filled(pair);
        for run in 0..runs {
            let line = run * count;
            // SAFETY: the caller's promise; the tiles lie within the arrays.
            unsafe {
                let y = out.at(self.query_at(pair, line) + lane);
                let tile = Tile {
                    x: self.line(pair, line).add(filled.start),
                    x_row,
                    x_term: 1,
                    terms: filled.len(),
                    weights: past[(pair * capacity + filled.start) * size..].as_ptr().wrapping_add(lane),
                    weights_term: size,
                    y,
                    y_row,
                    width: WIDTH.min(size - lane),
                    add: false,
                };
                tile.run(count);
                let new = Tile {
                    x: self.line(pair, line).add(capacity),
                    terms: tokens,
                    weights: values[self.key_at(pair, 0) + lane..].as_ptr(),
                    weights_term: kv_heads * size,
                    add: true,
                    ..tile
                };
                new.run(count);
            }
        }
    }
}

/// Keys of one block of products.
const LANES: usize = 128;

/// `y[line][lane] = Σ x[line][term] · columns[term · stride + lane]` for `width` lanes, at most `LANES`.
///
/// # Safety
/// The processor has AVX-512; all arrays are as large as that takes.
#[target_feature(enable = "avx512f")]
unsafe fn products<const LINES: usize>(
    x: [*const f32; LINES],
    columns: &[f32],
    terms: usize,
    stride: usize,
    width: usize,
    y: [*mut f32; LINES],
) {
    const PARTS: usize = LANES / 16;
    let masks: [u16; PARTS] =
        std::array::from_fn(|part| ((1u32 << width.saturating_sub(part * 16).min(16)) - 1) as u16);
    // SAFETY: the caller's promise; lanes beyond the width are masked.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); PARTS]; LINES];
        for term in 0..terms {
            let column = columns.as_ptr().add(term * stride);
            let keys: [__m512; PARTS] = std::array::from_fn(|part| {
                _mm512_maskz_loadu_ps(masks[part], column.wrapping_add(part * 16))
            });
            for (sums, x) in sums.iter_mut().zip(x) {
                let value = _mm512_set1_ps(*x.add(term));
                for (sum, keys) in sums.iter_mut().zip(keys) {
                    *sum = _mm512_fmadd_ps(value, keys, *sum);
                }
            }
        }
        for (sums, y) in sums.iter().zip(y) {
            for (part, sum) in sums.iter().enumerate() {
                _mm512_mask_storeu_ps(y.wrapping_add(part * 16), masks[part], *sum);
            }
        }
    }
}

impl Head<'_> {
    /// All keys that the head sees, turned in blocks, and all values, one after the other.
    fn gather(&self, past: Past, scratch: &mut super::Scratch) {
        let Attention { tokens, size, seen, keys, values, .. } = *self.problem;
        let pair = self.row * self.problem.kv_heads + self.kv_head;
        let span = pair * past.capacity * size..(pair + 1) * past.capacity * size;
        let (past_keys, past_values) = (&past.keys[span.clone()], &past.values[span]);
        scratch.keys.resize(seen.div_ceil(WIDTH) * size * WIDTH);
        for term in 0..size {
            let line = &past_keys[term * past.capacity..(term + 1) * past.capacity];
            for (block, keys) in line.chunks(WIDTH).enumerate() {
                let start = (block * size + term) * WIDTH;
                scratch.keys[start..start + keys.len()].copy_from_slice(keys);
            }
        }
        scratch.values.resize(seen * size);
        scratch.values[..past_values.len()].copy_from_slice(past_values);
        for token in 0..tokens {
            let at = self.key_at(token);
            let place = past.capacity + token;
            let start = place / WIDTH * size * WIDTH + place % WIDTH;
            for (term, key) in keys[at..at + size].iter().enumerate() {
                scratch.keys[start + term * WIDTH] = *key;
            }
            scratch.values[place * size..][..size].copy_from_slice(&values[at..at + size]);
        }
    }
}
