//! Attention and its gradient.

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use ort::{Error, Result};

use super::{guarded, input, number, output};
use crate::kernels::{Attention, attend, attend_gradient};

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
