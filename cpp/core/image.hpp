// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace anamorph {

/// A dense host array [y][x], row 0 at the lowest y, column 0 at the lowest x, rows contiguous.
template <typename T>
class Image {
 public:
  Image() = default;
  Image(int ny, int nx, T value = T{})
      : ny_(ny), nx_(nx), data_(static_cast<std::size_t>(ny) * static_cast<std::size_t>(nx), value) {}

  [[nodiscard]] int ny() const noexcept { return ny_; }
  [[nodiscard]] int nx() const noexcept { return nx_; }
  [[nodiscard]] std::size_t size() const noexcept { return data_.size(); }
  [[nodiscard]] bool empty() const noexcept { return data_.empty(); }

  T& operator()(int y, int x) noexcept { return data_[index(y, x)]; }
  const T& operator()(int y, int x) const noexcept { return data_[index(y, x)]; }
  T* row(int y) noexcept { return data_.data() + index(y, 0); }
  const T* row(int y) const noexcept { return data_.data() + index(y, 0); }

  T* data() noexcept { return data_.data(); }
  const T* data() const noexcept { return data_.data(); }
  std::span<T> span() noexcept { return data_; }
  std::span<const T> span() const noexcept { return data_; }
  auto begin() noexcept { return data_.begin(); }
  auto end() noexcept { return data_.end(); }
  auto begin() const noexcept { return data_.begin(); }
  auto end() const noexcept { return data_.end(); }

  bool operator==(const Image&) const = default;

 private:
  [[nodiscard]] std::size_t index(int y, int x) const noexcept {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(nx_) + static_cast<std::size_t>(x);
  }

  int ny_ = 0;
  int nx_ = 0;
  std::vector<T> data_;
};

/// A binary image: 0 or 1 per pixel (1 = opening of a mask, or printed).
using Bitmap = Image<std::uint8_t>;

}  // namespace anamorph
