// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/glp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr std::int64_t max_coordinate_nm = 1'000'000'000;
constexpr std::array<std::string_view, 5> header_words{"BEGIN", "EQUIV", "CNAME", "LEVEL", "CELL"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/// A token as it may be shown in a message: short.
std::string quoted(std::string_view token) {
  constexpr std::size_t longest = 40;
  return "\"" + std::string(token.substr(0, longest)) + (token.size() > longest ? "...\"" : "\"");
}

struct Token {
  std::string_view text;
  int column = 0;
};

/// The parser stands at one line; its tokens view the text.
class GlpParser {
 public:
  GlpParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Layout run() {
    if (text_.empty()) throw error("GLP-0001", "the file is empty; expected GLP text", 0);
    refuse_binary();
    while (next_line()) {
      if (tokens_.empty()) continue;
      if (ended_) throw error("GLP-0002", "text after ENDMSG; expected the end of the file", tokens_[0].column);
      statement();
    }
    if (!ended_) throw error("GLP-0003", "the file ends without ENDMSG; it is truncated", 0);
    if (layout_.layers.empty()) throw error("GLP-0004", "no shapes; expected RECT or PGON lines", 0);
    return std::move(layout_);
  }

 private:
  [[nodiscard]] Error error(const char* id, const std::string& message, int column) const {
    return {ErrorCode::input, id, message, {name_, line_, column}};
  }

  void refuse_binary() {
    std::size_t line_start = 0;
    line_ = 1;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\n') {
        ++line_;
        line_start = i + 1;
      } else if ((c >= 0 && c < ' ' && !is_blank(c)) || c == '\x7f') {
        throw error("GLP-0005", "a control character; expected GLP text, not binary data",
                    static_cast<int>(i - line_start) + 1);
      }
    }
    line_ = 0;
  }

  bool next_line() {
    if (position_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', position_), text_.size());
    const std::string_view line = text_.substr(position_, end - position_);
    position_ = end + 1;
    ++line_;
    tokens_.clear();
    for (std::size_t i = 0; i < line.size();) {
      if (is_blank(line[i])) {
        ++i;
        continue;
      }
      const std::size_t start = i;
      while (i < line.size() && !is_blank(line[i])) ++i;
      tokens_.push_back({line.substr(start, i - start), static_cast<int>(start) + 1});
    }
    end_column_ = static_cast<int>(line.size()) + 1;
    return true;
  }

  void statement() {
    const std::string_view word = tokens_[0].text;
    if (word == "RECT") {
      rectangle();
    } else if (word == "PGON") {
      polygon();
    } else if (word == "ENDMSG") {
      ended_ = true;
    } else {
      header();
    }
  }

  void header() {
    const std::string_view word = tokens_[0].text;
    const bool known = std::find(header_words.begin(), header_words.end(), word) != header_words.end();
    // A misspelt shape must not pass as header: shapes have "N" second and come last.
    if (!known && (!layout_.layers.empty() || (tokens_.size() > 1 && tokens_[1].text == "N"))) {
      throw error("GLP-0006", "unknown statement " + quoted(word) + "; expected RECT, PGON or ENDMSG",
                  tokens_[0].column);
    }
    if ((word == "CELL" || word == "CNAME") && tokens_.size() > 1) layout_.cell = tokens_[1].text;
    if (word == "EQUIV" &&
        (tokens_.size() < 4 || tokens_[1].text != "1" || tokens_[2].text != "1000" || tokens_[3].text != "MICRON")) {
      throw error("GLP-0007", "unknown unit; expected EQUIV 1 1000 MICRON, which is 1 nm", tokens_[0].column);
    }
  }

  /// The layer of a shape, after its keyword and the letter N.
  std::string layer() {
    if (tokens_.size() < 2 || tokens_[1].text != "N") {
      throw error("GLP-0008", "expected N after " + std::string(tokens_[0].text),
                  tokens_.size() < 2 ? end_column_ : tokens_[1].column);
    }
    if (tokens_.size() < 3) throw error("GLP-0009", "expected the name of a layer", end_column_);
    return std::string(tokens_[2].text);
  }

  double coordinate(const Token& token) const {
    const char* const first = token.text.data();
    const char* const last = first + token.text.size();
    std::int64_t value = 0;
    const auto [stop, status] = std::from_chars(first, last, value);
    if (stop != last || status == std::errc::invalid_argument) {
      throw error("GLP-0010", quoted(token.text) + " is not a whole number; expected nm without a fraction",
                  token.column);
    }
    if (status == std::errc::result_out_of_range || value < -max_coordinate_nm || value > max_coordinate_nm) {
      throw error("GLP-0011", quoted(token.text) + " is out of range; expected at most 1000000000 nm", token.column);
    }
    return static_cast<double>(value);
  }

  void rectangle() {
    std::string name = layer();
    if (tokens_.size() != 7) {
      throw error("GLP-0012",
                  "a RECT has " + std::to_string(tokens_.size() - 3) + " numbers; expected x y width height",
                  tokens_.size() < 7 ? end_column_ : tokens_[7].column);
    }
    const double x = coordinate(tokens_[3]);
    const double y = coordinate(tokens_[4]);
    const double w = coordinate(tokens_[5]);
    const double h = coordinate(tokens_[6]);
    if (w <= 0) throw error("GLP-0013", "the width of a RECT must be positive", tokens_[5].column);
    if (h <= 0) throw error("GLP-0013", "the height of a RECT must be positive", tokens_[6].column);
    if (x + w > max_coordinate_nm || y + h > max_coordinate_nm) {
      throw error("GLP-0011", "the RECT reaches beyond 1000000000 nm", tokens_[0].column);
    }
    layout_.layers[std::move(name)].push_back({{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}});
  }

  void polygon() {
    std::string name = layer();
    if (tokens_.size() % 2 == 0) {
      throw error("GLP-0014", "a PGON has an odd number of coordinates; expected pairs x y", end_column_);
    }
    Polygon shape;
    for (std::size_t i = 3; i < tokens_.size(); i += 2) {
      const Point p{coordinate(tokens_[i]), coordinate(tokens_[i + 1])};
      if (!shape.empty() && p == shape.back()) continue;
      if (!shape.empty() && p.x != shape.back().x && p.y != shape.back().y) throw slanted(tokens_[i].column);
      shape.push_back(p);
    }
    while (shape.size() > 1 && shape.back() == shape.front()) shape.pop_back();
    if (shape.size() < 4) {
      throw error("GLP-0015", "a PGON has fewer than 4 different vertices in a row", tokens_[0].column);
    }
    if (shape.back().x != shape.front().x && shape.back().y != shape.front().y) throw slanted(tokens_.back().column);

    const double area = enclosed(shape);
    if (area == 0) throw error("GLP-0016", "a PGON encloses no area", tokens_[0].column);
    if (area < 0) std::reverse(shape.begin(), shape.end());
    layout_.layers[std::move(name)].push_back(std::move(shape));
  }

  [[nodiscard]] Error slanted(int column) const {
    return error("GLP-0017", "a PGON has a slanted edge; expected horizontal and vertical edges only", column);
  }

  /// Area from the first vertex, so that a far-away clip loses no digits.
  static double enclosed(const Polygon& shape) {
    double area = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      area += (shape[i].x - shape[0].x) * (shape[(i + 1) % shape.size()].y - shape[i].y);
    }
    return area;
  }

  std::string_view text_;
  const std::string& name_;
  Layout layout_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  int line_ = 0;
  int end_column_ = 1;
  bool ended_ = false;
};

}  // namespace

Layout parse_glp(std::string_view text, const std::string& name) { return GlpParser(text, name).run(); }

}  // namespace anamorph
