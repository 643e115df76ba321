//! Products of matrices of 32-bit numbers, and functions of each number, on the processor's vectors.
//!
//! All matrices are kept in panels of sixteen columns ([`panel`]), which the products read as they are, so that nothing is packed
//! ([`multiply`]); their sums stay in registers ([`tile`]). [`simd`] has the vectors and the functions. Each sum has one order, so
//! a row gives the same alone as among others; another kind of processor may round differently. Nothing here is unsafe: the
//! vectors are `pulp`'s.

pub(super) mod multiply;
pub(super) mod panel;
pub(super) mod simd;
pub(super) mod tile;
pub(super) mod transposed;
