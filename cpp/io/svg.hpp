// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/io/png.hpp"

/// Elements of an SVG drawing, x to the right, y DOWN; `style` is a class of the page's style sheet.
namespace anamorph::svg {

/// " name=\"value\"".
[[nodiscard]] std::string attribute(const char* name, double value);

/// The opening tag; `title` is read out where nothing is seen. Close with "</svg>".
[[nodiscard]] std::string open(double width, double height, const std::string& title);

/// A finished drawing as a file of its own, with the rules of the style sheet that it needs, light and dark.
[[nodiscard]] std::string standalone(const std::string& drawing);

[[nodiscard]] std::string line(double x1, double y1, double x2, double y2, const std::string& style);
[[nodiscard]] std::string rect(double x, double y, double width, double height, const std::string& style);

/// Text that begins, ends or has its middle at x, as the style says; upright text reads from bottom to top.
[[nodiscard]] std::string label(double x, double y, const std::string& text, const std::string& style);
[[nodiscard]] std::string upright(double x, double y, const std::string& text, const std::string& style);

/// About how wide a text is in a font of this size.
[[nodiscard]] double label_width(const std::string& text, double font_px);

/// A picture stretched over a box.
[[nodiscard]] std::string image(double x, double y, double width, double height, const Picture& picture);

/// A path along closed polygons that are given in the drawing; points that make no visible difference are left out.
[[nodiscard]] std::string outlines(const std::vector<Polygon>& polygons, const std::string& style);

/// Round values from low to high, `about` of them.
[[nodiscard]] std::vector<double> ticks(double low, double high, int about);

}  // namespace anamorph::svg
