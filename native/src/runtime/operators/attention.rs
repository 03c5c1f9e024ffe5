//! Attention and its gradient.

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use ort::{Error, Result};

use super::{guarded, input, number, output};
use crate::kernels::{Attention, Past, attend, attend_cached, attend_gradient};

/// `Attention`: inputs `queries [N, heads · size]`, `keys` and `values [N, kvHeads · size]`, `mask [copies, G · T, T]`
/// of which the first `T` lines of a row's part are read; output `[N, heads · size]`. `AttentionGradient`: that
/// result's gradient besides; output `[N, (heads + 2 · kvHeads) · size]`, the gradients of queries, keys and values
/// side by side. Attributes: `rows`, `heads`, `kvHeads`.
pub struct AttentionOperator {
    pub gradient: bool,
}

pub struct AttentionKernel {
    gradient: bool,
    rows: usize,
    heads: usize,
    kv_heads: usize,
}

impl Operator for AttentionOperator {
    type Kernel<'attr> = AttentionKernel;

    fn name(&self) -> &str {
        if self.gradient { "AttentionGradient" } else { "Attention" }
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let count = if self.gradient { 5 } else { 4 };
        (0..count).map(|_| OperatorInput::required(TensorElementType::Float32))
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<AttentionKernel> {
        Ok(AttentionKernel {
            gradient: self.gradient,
            rows: number(context, "rows")?,
            heads: number(context, "heads")?,
            kv_heads: number(context, "kvHeads")?,
        })
    }
}

impl Kernel for AttentionKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given = |index| input(context, index);
        let (queries, keys, values, mask) = (given(0)?, given(1)?, given(2)?, given(3)?);
        let (shape, queries) = queries.try_extract_tensor::<f32>()?;
        let (_, keys) = keys.try_extract_tensor::<f32>()?;
        let (_, values) = values.try_extract_tensor::<f32>()?;
        let (_, mask) = mask.try_extract_tensor::<f32>()?;
        let [tokens, width] = shape[..] else {
            return Err(Error::new("Attention takes queries [N, width]."));
        };
        let Self { gradient, rows, heads, kv_heads } = *self;
        if rows == 0 || heads == 0 || tokens % rows as i64 != 0 || width % heads as i64 != 0 {
            return Err(Error::new("Attention was given arrays that do not fit."));
        }
        let size = width as usize / heads;
        let problem = Attention {
            rows,
            tokens: tokens as usize / rows,
            seen: tokens as usize / rows,
            heads,
            kv_heads,
            size,
            queries,
            keys,
            values,
            mask,
            mask_row: mask.len() / rows,
        };
        let out_width = if gradient { (heads + 2 * kv_heads) * size } else { width as usize };
        let mut result = output(context, &[tokens, out_width as i64])?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        if !gradient {
            return guarded("Attention", context, |parallel| attend(&problem, y, parallel));
        }
        let dy = given(4)?;
        let (_, dy) = dy.try_extract_tensor::<f32>()?;
        guarded("AttentionGradient", context, |parallel| attend_gradient(&problem, dy, y, parallel))
    }
}

/// `CachedAttention`: inputs `queries [N, heads · size]`, `keys` and `values [N, kvHeads · size]` of new tokens,
/// `pastKeys [rows · kvHeads, size, capacity]` and `pastValues [rows · kvHeads, capacity, size]` of earlier ones, `mask
/// [copies, lines, capacity + N / rows]` of which the first `N / rows` lines of a row's part are read; output
/// `[N, heads · size]`. Attributes: `heads`, `kvHeads`.
pub struct CachedAttentionOperator;

pub struct CachedAttentionKernel {
    heads: usize,
    kv_heads: usize,
}

impl Operator for CachedAttentionOperator {
    type Kernel<'attr> = CachedAttentionKernel;

    fn name(&self) -> &str {
        "CachedAttention"
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [TensorElementType::Float32; 6].map(OperatorInput::required)
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<CachedAttentionKernel> {
        Ok(CachedAttentionKernel { heads: number(context, "heads")?, kv_heads: number(context, "kvHeads")? })
    }
}

impl Kernel for CachedAttentionKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given: Vec<_> = (0..6).map(|index| input(context, index)).collect::<Result<_>>()?;
        let floats = |index: usize| given[index].try_extract_tensor::<f32>();
        let ((shape, queries), (past_shape, past_keys)) = (floats(0)?, floats(3)?);
        let ([tokens, width], [pairs, size, capacity]) = (&shape[..], &past_shape[..]) else {
            return Err(Error::new(
                "CachedAttention takes queries [N, width] and keys [pairs, size, capacity].",
            ));
        };
        let Self { heads, kv_heads } = *self;
        let (size, capacity) = (*size as usize, *capacity as usize);
        let rows = (*pairs as usize).checked_div(kv_heads).unwrap_or(0);
        if rows == 0 || *width as usize != heads * size || !(*tokens as usize).is_multiple_of(rows) {
            return Err(Error::new("CachedAttention was given arrays that do not fit."));
        }
        let (mask, tokens) = (floats(5)?.1, *tokens as usize / rows);
        let problem = Attention {
            rows,
            tokens,
            seen: capacity + tokens,
            heads,
            kv_heads,
            size,
            queries,
            keys: floats(1)?.1,
            values: floats(2)?.1,
            mask,
            mask_row: mask.len() / rows,
        };
        let past = Past { keys: past_keys, values: floats(4)?.1, capacity };
        let mut result = output(context, shape)?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        guarded("CachedAttention", context, |parallel| attend_cached(&problem, past, y, parallel))
    }
}
