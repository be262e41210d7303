// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

namespace anamorph {

/// A regular grid of square pixels over the window [x0, x0 + nx pixel) x [y0, y0 + ny pixel) in nm on the wafer.
/// The centre of pixel (y, x) lies at (x0 + (x + 1/2) pixel, y0 + (y + 1/2) pixel).
struct Grid {
  double x0_nm = 0;
  double y0_nm = 0;
  int nx = 0;
  int ny = 0;
  double pixel_nm = 1;

  [[nodiscard]] double width_nm() const noexcept { return nx * pixel_nm; }
  [[nodiscard]] double height_nm() const noexcept { return ny * pixel_nm; }
  [[nodiscard]] double x_centre_nm(int x) const noexcept { return x0_nm + (x + 0.5) * pixel_nm; }
  [[nodiscard]] double y_centre_nm(int y) const noexcept { return y0_nm + (y + 0.5) * pixel_nm; }

  bool operator==(const Grid&) const = default;
};

}  // namespace anamorph
