// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <vector>

#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/pixel_image.hpp"

namespace anamorph {

/// Images on pixels, and what of them prints in each condition. The images must outlive this.
class PrintModel {
 public:
  PrintModel(const std::vector<Image<double>>& images, const Grid& grid, const std::vector<Condition>& conditions,
             double threshold, bool bright)
      : conditions_(conditions), threshold_(threshold), bright_(bright) {
    for (const Image<double>& image : images) images_.emplace_back(image, grid), pixels_.push_back(&image);
  }

  [[nodiscard]] int count() const noexcept { return static_cast<int>(conditions_.size()); }
  [[nodiscard]] int stacks() const noexcept { return static_cast<int>(images_.size()); }
  [[nodiscard]] const Condition& condition(int c) const { return conditions_[static_cast<std::size_t>(c)]; }
  [[nodiscard]] const PixelImage& image(int stack) const { return images_[static_cast<std::size_t>(stack)]; }
  [[nodiscard]] const Image<double>& pixels(int stack) const { return *pixels_[static_cast<std::size_t>(stack)]; }
  [[nodiscard]] const Grid& grid() const { return images_.front().grid(); }
  [[nodiscard]] bool bright() const noexcept { return bright_; }
  /// The intensity at the printed edge before the dose.
  [[nodiscard]] double level(int c) const { return threshold_ / condition(c).dose; }
  /// How far an intensity is beyond the edge: >= 0 where it prints.
  [[nodiscard]] double excess(int c, double intensity) const {
    return bright_ ? intensity - level(c) : level(c) - intensity;
  }

 private:
  std::vector<PixelImage> images_;
  std::vector<const Image<double>*> pixels_;
  std::vector<Condition> conditions_;
  double threshold_;
  bool bright_;
};

}  // namespace anamorph
