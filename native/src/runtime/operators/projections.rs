//! Products with an adapter's matrices.

use ort::operator::{ComputeContext, Kernel, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::TensorElementType;
use ort::{Error, Result};

use super::{arithmetic, floats, guarded, input, number, numbers, output};
use crate::kernels::{Arithmetic, FloatMatrix, project, project_dots, project_transposed};

/// `Project`: inputs `x [N, columns]` and `M [rows, columns]`, output `x · Mᵀ [N, rows]`. `ProjectTransposed`: inputs
/// `z [N, rows]`, `M`, then those that the attributes of these names (0 or 1) announce: `scales [rows]`, that of each row
/// of M, and `base [N, columns]`; output `z · (scales ⊙ M) + base [N, columns]`. `ProjectDots`: inputs `dy [N, rows]`,
/// `z [N, columns]` and `M`, output `Σ dy ⊙ (z · Mᵀ) [rows]` over N. The last two have the attribute `bits`,
/// as `BlockLinear`. M may be given in whole numbers of 16 bits, `uint8 [rows, 2·columns]`.
#[derive(Clone, Copy)]
pub enum ProjectOperator {
    Plain,
    Transposed,
    Dots,
}

pub struct ProjectKernel {
    of: ProjectOperator,
    arithmetic: Arithmetic,
    scaled: bool,
    base: bool,
}

impl Operator for ProjectOperator {
    type Kernel<'attr> = ProjectKernel;

    fn name(&self) -> &str {
        match self {
            Self::Plain => "Project",
            Self::Transposed => "ProjectTransposed",
            Self::Dots => "ProjectDots",
        }
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let rows = if matches!(self, Self::Dots) { 2 } else { 1 };
        let rows = (0..rows).map(|_| OperatorInput::required(TensorElementType::Float32));
        // The matrix may have another type.
        rows.chain([OperatorInput::variadic(1)])
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> Result<ProjectKernel> {
        let takes =
            |name: &str| Ok::<_, Error>(matches!(self, Self::Transposed) && number(context, name)? == 1);
        Ok(ProjectKernel {
            of: *self,
            arithmetic: match self {
                Self::Plain => Arithmetic::Float32,
                _ => arithmetic(context)?,
            },
            scaled: takes("scaled")?,
            base: takes("base")?,
        })
    }
}

impl Kernel for ProjectKernel {
    fn compute(&mut self, context: &ComputeContext) -> Result<()> {
        let given: Vec<_> =
            (0..context.num_inputs()?).map(|index| input(context, index)).collect::<Result<_>>()?;
        let mut inputs = given.iter();
        let mut next = || inputs.next().ok_or_else(|| Error::new("The projection lacks an input."));
        let (shape, x) = next()?.try_extract_tensor::<f32>()?;
        let z = if matches!(self.of, ProjectOperator::Dots) { Some(floats(next()?)?) } else { None };
        let (matrix_shape, values) = numbers(next()?)?;
        let scales = if self.scaled { Some(floats(next()?)?) } else { None };
        let base = if self.base { Some(floats(next()?)?) } else { None };
        let ([count, width], [rows, columns]) = (&shape[..], &matrix_shape[..]) else {
            return Err(Error::new("A projection takes two matrices."));
        };
        let (taken, shape) = match self.of {
            ProjectOperator::Plain => (columns, vec![*count, *rows]),
            ProjectOperator::Transposed => (rows, vec![*count, *columns]),
            ProjectOperator::Dots => (rows, vec![*rows]),
        };
        if width != taken || scales.is_some_and(|scales| scales.len() != *rows as usize) {
            return Err(Error::new("A projection was given arrays that do not fit."));
        }
        let mut result = output(context, &shape)?;
        let (_, y) = result.try_extract_tensor_mut::<f32>()?;
        let (columns, arithmetic) = (*columns as usize, self.arithmetic);
        guarded("A projection", context, |parallel| match (self.of, z) {
            (ProjectOperator::Plain, _) => project(x, values, columns, y, parallel),
            (_, None) => {
                let matrix = FloatMatrix::new(columns, values, scales);
                project_transposed(x, matrix, base, y, arithmetic, parallel);
            }
            (_, Some(z)) => {
                project_dots(x, z, FloatMatrix::new(columns, values, None), y, arithmetic, parallel)
            }
        })
    }
}
