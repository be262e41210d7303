// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <Eigen/Core>
#include <complex>
#include <vector>

#include "cpp/backend/backend.hpp"

// What the CPU plans share: typed views of opaque arrays, and row-major matrices for Eigen's products.

namespace anamorph::cpu {

template <typename Real>
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <typename Real>
using MatrixView = Eigen::Map<Matrix<Real>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <typename Real>
using ConstMatrixView = Eigen::Map<const Matrix<Real>, Eigen::Unaligned, Eigen::OuterStride<>>;

template <typename Real>
Real* data(Array& array) {
  return static_cast<Real*>(array.storage());
}
template <typename Real>
const Real* data(const Array& array) {
  return static_cast<const Real*>(array.storage());
}
template <typename Real>
std::complex<Real>* complex_data(Array& array) {
  return static_cast<std::complex<Real>*>(array.storage());
}
template <typename Real>
const std::complex<Real>* complex_data(const Array& array) {
  return static_cast<const std::complex<Real>*>(array.storage());
}

/// A table of plan_tables.hpp, [rows][columns], in the precision of the backend.
template <typename Real>
Matrix<Real> matrix(const std::vector<double>& table, Eigen::Index columns) {
  const auto rows = static_cast<Eigen::Index>(table.size()) / columns;
  return Eigen::Map<const Matrix<double>>(table.data(), rows, columns).template cast<Real>();
}

/// Throws std::logic_error when an array does not have the shape that a plan was made for.
void require_shape(const Array& array, const Shape& expected, const char* what);

}  // namespace anamorph::cpu
