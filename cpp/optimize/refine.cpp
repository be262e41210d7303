// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/refine.hpp"

#include "cpp/backend/backend.hpp"

namespace anamorph {
namespace {

Array uploaded(Backend& backend, const Image<double>& image) {
  Array array = backend.allocate({1, image.ny(), image.nx(), 1});
  backend.upload(image.span(), array);
  return array;
}

}  // namespace

Image<double> refine(const Image<double>& coarse, int factor) {
  const auto backend = make_backend("cpu", 1);
  Image<double> fine(coarse.ny() * factor, coarse.nx() * factor);
  Array y = backend->allocate({1, fine.ny(), fine.nx(), 1});
  backend->refine(uploaded(*backend, coarse), factor, y);
  backend->download(y, fine.span());
  return fine;
}

Bitmap refine_positive(const Image<double>& coarse, int factor) {
  const auto backend = make_backend("cpu", 1);
  return backend->morphology().download(backend->morphology().positive(uploaded(*backend, coarse), factor), 0);
}

}  // namespace anamorph
