// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/measurements.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr std::array<std::string_view, 7> places{"index", "wafer", "lot", "time_s", "time_min", "time_h", "time_d"};
constexpr std::array<std::string_view, 5> quantities{"gauge", "cd_nm", "cd_u_nm", "dose_mJ_cm2", "focus_nm"};

struct Cell {
  std::string text;
  int column = 0;  ///< in the line, from 1
};

class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& path) : file_(path.string()) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream || std::filesystem::is_directory(path)) fail("FAB-0001", "the file cannot be read");
    text_.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // the byte order mark that some spreadsheets write
  }

  [[noreturn]] void fail(const char* id, const std::string& what, int column = 0) const {
    throw Error(ErrorCode::input, id, what, {file_, line_, column});
  }

  /// The cells of the next line that is neither empty nor a comment; none at the end.
  [[nodiscard]] std::vector<Cell> next() {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line(text_.data() + at_, end - at_);
      at_ = end + 1;
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::size_t first = line.find_first_not_of(" \t");
      if (first == std::string_view::npos || line[first] == '#') continue;
      return split(line);
    }
    return {};
  }

  [[nodiscard]] int line() const noexcept { return line_; }

 private:
  [[nodiscard]] std::vector<Cell> split(std::string_view line) const {
    std::vector<Cell> cells;
    std::size_t at = 0;
    const auto skip_blanks = [&] {
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    };
    while (true) {
      skip_blanks();
      Cell cell{{}, static_cast<int>(at) + 1};
      if (at < line.size() && line[at] == '"') {
        for (++at;; ++at) {
          if (at >= line.size()) fail("FAB-0002", "a quotation mark is not closed", cell.column);
          if (line[at] == '"' && !line.substr(at).starts_with("\"\"")) break;
          if (line[at] == '"') ++at;
          cell.text += line[at];
        }
        ++at;
        skip_blanks();
        if (at < line.size() && line[at] != ',')
          fail("FAB-0002", "expected a comma behind the quoted text", static_cast<int>(at) + 1);
      } else {
        const std::size_t end = std::min(line.find(',', at), line.size());
        cell.text = line.substr(at, end - at);
        cell.text.erase(cell.text.find_last_not_of(" \t") + 1);
        at = end;
      }
      cells.push_back(std::move(cell));
      if (at >= line.size()) return cells;
      ++at;
    }
  }

  std::string file_, text_;
  std::size_t at_ = 0;
  int line_ = 0;
};

/// Which column holds what.
struct Header {
  std::size_t columns = 0, place = 0;
  std::string unit;
  std::array<std::optional<std::size_t>, quantities.size()> of;  ///< by quantity
};

std::string listed(const auto& names) {
  std::string all;
  for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

Header read_header(CsvReader& csv) {
  const std::vector<Cell> cells = csv.next();
  if (cells.empty()) csv.fail("FAB-0003", "the file is empty; expected a line of column names");
  Header header;
  header.columns = cells.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto& [name, column] = cells[i];
    if (std::find(places.begin(), places.end(), name) != places.end()) {
      if (!header.unit.empty()) csv.fail("FAB-0004", "a second column of time or order, '" + name + "'", column);
      header.place = i;
      header.unit = name.starts_with("time_") ? name.substr(5) : name;
      continue;
    }
    const auto known = std::find(quantities.begin(), quantities.end(), name);
    if (known == quantities.end())
      csv.fail("FAB-0004",
               "unknown column '" + name + "'; expected one of " + listed(places) + ", and of " + listed(quantities),
               column);
    auto& place = header.of[static_cast<std::size_t>(known - quantities.begin())];
    if (place) csv.fail("FAB-0004", "the column '" + name + "' stands there twice", column);
    place = i;
  }
  if (header.unit.empty()) csv.fail("FAB-0004", "no column of time or order; expected one of " + listed(places));
  for (const std::size_t needed : {0, 1})
    if (!header.of[needed]) csv.fail("FAB-0004", "no column '" + std::string(quantities[needed]) + "'");
  return header;
}

double number(const CsvReader& csv, const Cell& cell, std::string_view name) {
  double value = 0;
  const char *begin = cell.text.data(), *end = begin + cell.text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value))
    csv.fail("FAB-0005", "'" + cell.text + "' is not a number; expected " + std::string(name), cell.column);
  return value;
}

std::string text(double value) {
  char out[32];
  return {out, std::to_chars(out, out + sizeof out, value, std::chars_format::general, 6).ptr};
}

/// What no fab measures only breaks the arithmetic.
void check_size(const CsvReader& csv, const Cell& cell, double value, double low, double high, std::string_view name) {
  if (value >= low && value <= high) return;
  csv.fail("FAB-0011", std::string(name) + " = " + text(value) + "; expected " + text(low) + " to " + text(high),
           cell.column);
}

void check_range(const CsvReader& csv, const Cell& cell, double value, double low, double high, std::string_view name) {
  if (value < low || value > high)
    csv.fail("FAB-0006",
             std::string(name) + " = " + text(value) + " lies outside the range of the model, " + text(low) + " to " +
                 text(high),
             cell.column);
}

}  // namespace

MeasurementStream read_measurements(const std::filesystem::path& path, const SurrogateModel& model, double cd_u_nm) {
  const auto focus = std::find_if(model.inputs.begin(), model.inputs.end(),
                                  [](const SurrogateInput& input) { return input.name == "focus_nm"; });
  if (focus == model.inputs.end()) throw Error(ErrorCode::input, "FAB-0007", "the model has no input focus_nm");
  CsvReader csv(path);
  const Header header = read_header(csv);
  MeasurementStream stream{header.unit, {}};
  while (true) {
    const std::vector<Cell> cells = csv.next();
    if (cells.empty()) break;
    if (cells.size() != header.columns)
      csv.fail("FAB-0008", std::to_string(cells.size()) + " cells; expected " + std::to_string(header.columns) +
                               ", as in the head");
    const auto cell_of = [&](std::size_t quantity) -> const Cell* {
      const auto& column = header.of[quantity];
      return column && !cells[*column].text.empty() ? &cells[*column] : nullptr;
    };
    CdMeasurement m;
    m.line = csv.line();
    const Cell& place = cells[header.place];
    m.at = number(csv, place, "the place in the stream");
    check_size(csv, place, m.at, -1e12, 1e12, "the place in the stream");
    if (!stream.rows.empty() && m.at < stream.rows.back().at)
      csv.fail("FAB-0009",
               "after " + text(stream.rows.back().at) + " comes " + text(m.at) + "; expected a stream in order",
               place.column);

    const Cell& name = cells[*header.of[0]];
    const auto gauge = std::find_if(model.gauges.begin(), model.gauges.end(),
                                    [&](const SurrogateGauge& g) { return g.name == name.text; });
    if (gauge == model.gauges.end()) csv.fail("FAB-0010", "the model has no gauge '" + name.text + "'", name.column);
    m.gauge = static_cast<std::size_t>(gauge - model.gauges.begin());

    const Cell& cd = cells[*header.of[1]];
    m.cd_nm = number(csv, cd, "cd_nm");
    check_size(csv, cd, m.cd_nm, 1e-3, 1e6, "cd_nm");
    m.u_nm = cd_u_nm;
    if (const Cell* cell = cell_of(2)) {
      m.u_nm = number(csv, *cell, "cd_u_nm");
      check_size(csv, *cell, m.u_nm, 1e-6, 1e6, "cd_u_nm");
    }
    m.dose_mj_cm2 = model.nominal_dose_mj_cm2;
    if (const Cell* cell = cell_of(3)) {
      m.dose_mj_cm2 = number(csv, *cell, "dose_mJ_cm2");
      check_range(csv, *cell, m.dose_mj_cm2, model.dose_low_mj_cm2, model.dose_high_mj_cm2, "dose_mJ_cm2");
    }
    m.focus_nm = focus->nominal;
    if (const Cell* cell = cell_of(4)) {
      m.focus_nm = number(csv, *cell, "focus_nm");
      check_range(csv, *cell, m.focus_nm, focus->low, focus->high, "focus_nm");
    }
    stream.rows.push_back(m);
  }
  if (stream.rows.empty()) csv.fail("FAB-0003", "the file has no measurements");
  return stream;
}

}  // namespace anamorph
