//! One head of one row: its scores, what they weigh, and the way back.

use std::arch::x86_64::*;
use std::ops::Range;

use super::Attention;
use super::softmax::{softmax, through_softmax};
use crate::kernels::float32::Tile;
use crate::kernels::lines::Lines;
use crate::kernels::panels::WIDTH;
use crate::kernels::turn::turn;

/// Queries whose scores are held at once.
pub const QUERIES: usize = 24;
/// A score below this is hidden by the mask.
pub const HIDDEN: f32 = -1e29;

#[derive(Default)]
pub struct Scratch {
    /// Keys, and values, of one row and head by block of 32: `[blocks, size, 32]`.
    pub keys: Lines<f32>,
    pub values: Lines<f32>,
    /// `[QUERIES, blocks · 32]`
    pub weights: Lines<f32>,
    gradients: Lines<f32>,
    /// Keys that any of the queries sees: blocks of 32, joined where they touch; only the last key's may be a short one.
    pub visible: Vec<Range<usize>>,
}

/// Where a head's gradients go: those of its queries into the result, its shares of the others into arrays of its own.
#[derive(Clone, Copy)]
pub struct Targets {
    pub queries: *mut f32,
    pub stride: usize,
    pub keys: *mut f32,
    pub values: *mut f32,
}

/// Rows of `size` numbers, `stride` apart.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub from: &'a [f32],
    pub stride: usize,
}

/// One head of one row.
pub struct Head<'a> {
    pub problem: &'a Attention<'a>,
    pub row: usize,
    pub head: usize,
    pub kv_head: usize,
}

impl<'a> Head<'a> {
    pub fn new(problem: &'a Attention<'a>, task: usize) -> Self {
        let (row, head) = (task / problem.heads, task % problem.heads);
        Self { problem, row, head, kv_head: head / (problem.heads / problem.kv_heads) }
    }

    pub fn query_at(&self, token: usize) -> usize {
        ((self.row * self.problem.tokens + token) * self.problem.heads + self.head) * self.problem.size
    }

    pub fn key_at(&self, token: usize) -> usize {
        ((self.row * self.problem.tokens + token) * self.problem.kv_heads + self.kv_head) * self.problem.size
    }

    /// The keys, or values, of this head: rows of them, `kv_heads · size` apart.
    pub fn of<'b>(&self, from: &'b [f32]) -> Rows<'b> {
        Rows { from: &from[self.key_at(0)..], stride: self.problem.kv_heads * self.problem.size }
    }

    /// Columns of keys (or values) side by side, for products with their transposed matrix.
    ///
    /// # Safety
    /// The processor has the features.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn turn(&self, from: &[f32], to: &mut Lines<f32>) {
        let Attention { tokens, size, .. } = *self.problem;
        let Rows { from, stride } = self.of(from);
        to.resize(self.problem.blocks() * size * WIDTH);
        for first in (0..tokens).step_by(WIDTH) {
            let count = WIDTH.min(tokens - first);
            // SAFETY: these rows are in the batch; there is a panel for each block.
            unsafe {
                let panel = to.as_mut_ptr().add(first * size);
                turn(from.as_ptr().add(first * stride), stride, count, size, panel);
            }
        }
    }

    /// Which blocks of keys any of the queries sees.
    ///
    /// # Safety
    /// The processor has the features; the queries are in the batch.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn look(&self, first: usize, count: usize, visible: &mut Vec<Range<usize>>) {
        let Attention { seen, mask, mask_row, .. } = *self.problem;
        let hidden = _mm512_set1_ps(HIDDEN);
        let is_seen = |query: usize, span: &Range<usize>| {
            let line = mask[self.row * mask_row + query * seen..][..seen].as_ptr();
            span.clone().step_by(16).any(|at| {
                let lanes = (u32::MAX >> (32 - (span.end - at).min(16))) as u16;
                // SAFETY: the span lies within the line, lanes behind it are left out.
                let scores = unsafe { _mm512_mask_loadu_ps(hidden, lanes, line.add(at)) };
                _mm512_cmp_ps_mask::<_CMP_GT_OQ>(scores, hidden) != 0
            })
        };
        visible.clear();
        for start in (0..seen).step_by(WIDTH) {
            let span = start..seen.min(start + WIDTH);
            // A later query sees more of a causal mask: it is asked first.
            if !(first..first + count).rev().any(|query| is_seen(query, &span)) {
                continue;
            }
            match visible.last_mut() {
                Some(last) if last.end == start => last.end = span.end,
                _ => visible.push(span),
            }
        }
    }

    /// Products of some rows with the turned matrix, for the visible blocks: `to[row][block · 32 + lane]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn against(
        &self,
        x: *const f32,
        count: usize,
        turned: &[f32],
        visible: &[Range<usize>],
        to: &mut [f32],
    ) {
        let Attention { heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for (start, end) in
            visible.iter().flat_map(|span| span.clone().step_by(WIDTH).map(|start| (start, span.end)))
        {
            let tile = Tile {
                x,
                x_row: heads * size,
                x_term: 1,
                terms: size,
                weights: turned[start * size..].as_ptr(),
                weights_term: WIDTH,
                y: to[start..].as_mut_ptr(),
                y_row: stride,
                width: WIDTH.min(end - start),
                add: false,
            };
            // SAFETY: the caller's promise.
            unsafe { tile.run(count) };
        }
    }

    /// The softmax of the queries' scores: `weights[query][block · 32 + lane]`, of visible blocks only.
    ///
    /// # Safety
    /// The processor has the features; the queries are in the batch, and what is written is this head's alone.
    #[target_feature(enable = "avx512f,avx512dq")]
    pub unsafe fn weigh(
        &self,
        first: usize,
        count: usize,
        keys: &[f32],
        visible: &[Range<usize>],
        weights: &mut Lines<f32>,
    ) {
        let Attention { seen, queries, mask, mask_row, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        weights.resize(QUERIES * stride);
        // SAFETY: the queries are in the batch, the tiles within the scratch, lanes beyond the tokens masked.
        unsafe {
            self.against(queries.as_ptr().add(self.query_at(first)), count, keys, visible, weights);
            for query in 0..count {
                let line = weights.as_mut_ptr().add(query * stride);
                let mask = mask.as_ptr().add(self.row * mask_row + (first + query) * seen);
                softmax(line, mask, visible);
            }
        }
    }

    /// `Σ weights · rows` over the keys, lanes `lane` and on, for some queries into `y`.
    ///
    /// # Safety
    /// The processor has the features; the queries are in the batch, and what is written is this head's alone.
    #[target_feature(enable = "avx512f")]
    #[allow(clippy::too_many_arguments)]
    pub unsafe fn combine(
        &self,
        weights: &[f32],
        rows: Rows,
        count: usize,
        lane: usize,
        visible: &[Range<usize>],
        y: *mut f32,
        y_row: usize,
    ) {
        let size = self.problem.size;
        let stride = self.problem.blocks() * WIDTH;
        for (index, span) in visible.iter().enumerate() {
            let tile = Tile {
                x: weights[span.start..].as_ptr(),
                x_row: stride,
                x_term: 1,
                terms: span.len(),
                weights: rows.from[span.start * rows.stride + lane..].as_ptr(),
                weights_term: rows.stride,
                y,
                y_row,
                width: WIDTH.min(size - lane),
                add: index > 0,
            };
            // SAFETY: the caller's promise.
            unsafe { tile.run(count) };
        }
        if visible.is_empty() {
            // Queries that see nothing attend to nothing.
            for query in 0..count {
                // SAFETY: as above.
                unsafe { std::slice::from_raw_parts_mut(y.add(query * y_row), WIDTH.min(size - lane)) }
                    .fill(0.0);
            }
        }
    }

    /// Adds `Σ weightsᵀ · rows` over some queries to the visible keys' `[tokens, size]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn spread(
        &self,
        weights: &[f32],
        rows: *const f32,
        count: usize,
        visible: &[Range<usize>],
        to: *mut f32,
    ) {
        let Attention { heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for span in visible {
            for lane in (0..size).step_by(WIDTH) {
                // SAFETY: the caller's promise.
                unsafe {
                    Tile {
                        x: weights[span.start..].as_ptr(),
                        x_row: 1,
                        x_term: stride,
                        terms: count,
                        weights: rows.add(lane),
                        weights_term: heads * size,
                        y: to.add(span.start * size + lane),
                        y_row: size,
                        width: WIDTH.min(size - lane),
                        add: true,
                    }
                    .run(span.len());
                }
            }
        }
    }

    /// # Safety
    /// `to` has room and is this head's alone.
    #[target_feature(enable = "avx512f,avx512dq")]
    pub unsafe fn gradient(&self, gradient: &[f32], to: Targets, scratch: &mut Scratch) {
        let problem = self.problem;
        let stride = problem.blocks() * WIDTH;
        let Scratch { keys, values, weights, gradients, visible } = scratch;
        // SAFETY: the processor has the features.
        unsafe {
            self.turn(problem.keys, keys);
            self.turn(problem.values, values);
        }
        gradients.resize(QUERIES * stride);
        for first in (0..problem.tokens).step_by(QUERIES) {
            let count = QUERIES.min(problem.tokens - first);
            // SAFETY: the queries are in the batch, `to` as large as the caller promises.
            unsafe {
                self.look(first, count, visible);
                let given = gradient.as_ptr().add(self.query_at(first));
                self.weigh(first, count, keys, visible, weights);
                self.spread(weights, given, count, visible, to.values);
                self.against(given, count, values, visible, gradients);
                for query in 0..count {
                    let line = query * stride;
                    through_softmax(weights.as_ptr().add(line), gradients.as_mut_ptr().add(line), visible);
                }
                for lane in (0..problem.size).step_by(WIDTH) {
                    let y = to.queries.add(first * to.stride + lane);
                    self.combine(gradients, self.of(problem.keys), count, lane, visible, y, to.stride);
                }
                let queries = problem.queries.as_ptr().add(self.query_at(first));
                self.spread(gradients, queries, count, visible, to.keys);
            }
        }
    }
}
