// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string_view>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/io/png.hpp"

namespace anamorph {

enum class Anchor { start, middle, end };

/// Drawing on a picture with smooth edges; x to the right, y DOWN, in pixels from the upper left corner.
class Canvas {
 public:
  Canvas(int height, int width, Rgb ground) : picture_(height, width, ground) {}

  /// Blends `colour` over a box, 0 <= opacity <= 1.
  void fill(const Box& box, Rgb colour, double opacity = 1);
  void paste(const Picture& picture, int x, int y);

  /// Strokes an open line with round ends.
  void stroke(const std::vector<Point>& line, double width, Rgb colour);

  /// Text of our own single-stroke lettering (ASCII), `height` being that of a capital; (x, y) lies on the baseline.
  /// Upwards text is turned by 90 degrees and reads from bottom to top.
  void text(Point at, std::string_view text, double height, Rgb colour, Anchor anchor = Anchor::start,
            bool upwards = false, double weight = 1);

  [[nodiscard]] const Picture& picture() const noexcept { return picture_; }

 private:
  Picture picture_;
};

[[nodiscard]] double text_width(std::string_view text, double height);

}  // namespace anamorph
