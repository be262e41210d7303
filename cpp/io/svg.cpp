// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/svg.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/io/html.hpp"
#include "cpp/io/pictures.hpp"

namespace anamorph::svg {

using html::coordinate;

std::string attribute(const char* name, double value) {
  return " " + std::string(name) + "=\"" + coordinate(value) + "\"";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\"" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + "/>";
}

std::string rect(double x, double y, double width, double height, const std::string& style) {
  return "<rect class=\"" + style + "\"" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
         attribute("height", height) + "/>";
}

std::string label(double x, double y, const std::string& text, const std::string& style) {
  return "<text class=\"" + style + "\"" + attribute("x", x) + attribute("y", y) + ">" + html::escape(text) + "</text>";
}

std::string upright(double x, double y, const std::string& text, const std::string& style) {
  return "<text class=\"" + style + "\" transform=\"translate(" + coordinate(x) + " " + coordinate(y) +
         ") rotate(-90)\">" + html::escape(text) + "</text>";
}

double label_width(const std::string& text, double font_px) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });  // UTF-8
  return 0.58 * font_px * static_cast<double>(letters);
}

std::string open(double width, double height, const std::string& title) {
  return "<svg viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) + "\" role=\"img\" aria-label=\"" +
         html::escape(title) + "\">";
}

std::string image(double x, double y, double width, double height, const Picture& picture) {
  return "<image" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
         " preserveAspectRatio=\"none\" href=\"data:image/png;base64," + html::base64(encode_png(picture)) + "\"/>";
}

std::vector<double> ticks(double low, double high, int about) {
  const double step = round_length((high - low) / about);
  std::vector<double> values;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) values.push_back(i * step);
  return values;
}

}  // namespace anamorph::svg
