//! One head of one row: its scores, what they weigh, and the way back.

use super::Attention;
use super::softmax::{softmax, spans, through_softmax};
use crate::kernels::float32::Tile;
use crate::kernels::panels::WIDTH;

/// Queries whose scores are held at once.
pub const QUERIES: usize = 24;
/// A score below this is hidden by the mask.
pub const HIDDEN: f32 = -1e29;

#[derive(Default)]
pub struct Scratch {
    /// Keys, and values, of one row and head by block of 32: `[blocks, size, 32]`.
    pub keys: Vec<f32>,
    pub values: Vec<f32>,
    /// `[QUERIES, blocks · 32]`
    pub weights: Vec<f32>,
    gradients: Vec<f32>,
    pub visible: Vec<usize>,
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
    pub fn turn(&self, from: &[f32], to: &mut Vec<f32>) {
        let Attention { tokens, size, .. } = *self.problem;
        to.clear();
        to.resize(self.problem.blocks() * size * WIDTH, 0.0);
        for token in 0..tokens {
            let column = &from[self.key_at(token)..self.key_at(token) + size];
            let start = token / WIDTH * size * WIDTH + token % WIDTH;
            for (term, value) in column.iter().enumerate() {
                to[start + term * WIDTH] = *value;
            }
        }
    }

    /// Which blocks of keys any of the queries sees.
    pub fn look(&self, first: usize, count: usize, visible: &mut Vec<usize>) {
        let seen = self.problem.seen;
        let mask =
            |query: usize| &self.problem.mask[self.row * self.problem.mask_row + query * seen..][..seen];
        let is_seen = |block: &usize| {
            let span = block * WIDTH..seen.min((block + 1) * WIDTH);
            (first..first + count).any(|query| mask(query)[span.clone()].iter().any(|score| *score > HIDDEN))
        };
        visible.clear();
        visible.extend((0..self.problem.blocks()).filter(is_seen));
    }

    /// Products of some rows with the turned matrix, for the visible blocks: `to[row][block · 32 + lane]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn against(&self, x: *const f32, count: usize, turned: &[f32], visible: &[usize], to: &mut [f32]) {
        let Attention { seen, heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for &block in visible {
            let tile = Tile {
                x,
                x_row: heads * size,
                x_term: 1,
                terms: size,
                weights: turned[block * size * WIDTH..].as_ptr(),
                weights_term: WIDTH,
                y: to[block * WIDTH..].as_mut_ptr(),
                y_row: stride,
                width: WIDTH.min(seen - block * WIDTH),
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
        visible: &[usize],
        weights: &mut Vec<f32>,
    ) {
        let Attention { seen, queries, mask, mask_row, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        weights.resize(QUERIES * stride, 0.0);
        // SAFETY: the queries are in the batch, the tiles within the scratch, lanes beyond the tokens masked.
        unsafe {
            self.against(queries.as_ptr().add(self.query_at(first)), count, keys, visible, weights);
            for query in 0..count {
                let line = weights.as_mut_ptr().add(query * stride);
                let mask = mask.as_ptr().add(self.row * mask_row + (first + query) * seen);
                softmax(line, mask, spans(visible, seen));
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
        visible: &[usize],
        y: *mut f32,
        y_row: usize,
    ) {
        let Attention { seen, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for (index, &block) in visible.iter().enumerate() {
            let tile = Tile {
                x: weights[block * WIDTH..].as_ptr(),
                x_row: stride,
                x_term: 1,
                terms: WIDTH.min(seen - block * WIDTH),
                weights: rows.from[block * WIDTH * rows.stride + lane..].as_ptr(),
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
        visible: &[usize],
        to: *mut f32,
    ) {
        let Attention { tokens, heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for &block in visible {
            for lane in (0..size).step_by(WIDTH) {
                // SAFETY: the caller's promise.
                unsafe {
                    Tile {
                        x: weights[block * WIDTH..].as_ptr(),
                        x_row: 1,
                        x_term: stride,
                        terms: count,
                        weights: rows.add(lane),
                        weights_term: heads * size,
                        y: to.add(block * WIDTH * size + lane),
                        y_row: size,
                        width: WIDTH.min(size - lane),
                        add: true,
                    }
                    .run(WIDTH.min(tokens - block * WIDTH));
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
        self.turn(problem.keys, keys);
        self.turn(problem.values, values);
        gradients.resize(QUERIES * stride, 0.0);
        for first in (0..problem.tokens).step_by(QUERIES) {
            let count = QUERIES.min(problem.tokens - first);
            self.look(first, count, visible);
            // SAFETY: the queries are in the batch, `to` as large as the caller promises.
            unsafe {
                let given = gradient.as_ptr().add(self.query_at(first));
                self.weigh(first, count, keys, visible, weights);
                self.spread(weights, given, count, visible, to.values);
                self.against(given, count, values, visible, gradients);
                for query in 0..count {
                    let (weights, gradients) =
                        (&weights[query * stride..][..stride], &mut gradients[query * stride..][..stride]);
                    through_softmax(weights, gradients, visible, problem.tokens);
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
