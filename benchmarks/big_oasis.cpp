// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"

// OASIS files of any size, and what it takes to cut a window out of them: benchmarks/big_oasis.sh.
//   anamorph_big_oasis write FILE MEGABYTES SEED compress|plain
//   anamorph_big_oasis window FILE X0 Y0 X1 Y1    one line of JSON

namespace {

using namespace anamorph;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A chip of blocks: cells of a library in rows, wires and fill of each block, and flat wires over all.
class Chip {
 public:
  Chip(LayoutWriter& writer, std::uint64_t seed) : writer_(writer), engine_(seed) {}

  /// Writes until `written` bytes are `size`, two thirds in blocks, a third flat in the top cell. The number of cells
  /// is always the same, their area grows with the size.
  void write(const std::function<std::uint64_t()>& written, std::uint64_t size) {
    side_ = static_cast<std::int64_t>(100000 * std::sqrt(static_cast<double>(size) / 1e6 * 2 / 3 / blocks));
    for (int i = 0; i < library_cells; ++i) library_cell(i);
    for (int i = 0; i < blocks; ++i) {
      writer_.begin_cell("BLOCK" + std::to_string(i));
      rows();
      while (written() * 3 * blocks < size * 2 * static_cast<std::uint64_t>(i + 1)) wires();
      writer_.end_cell();
    }
    writer_.begin_cell("CHIP");
    for (int i = 0; i < blocks; ++i)
      writer_.placement({"BLOCK" + std::to_string(i), {i % 8 * side_, i / 8 * side_}, 0, false, 1}, {}, {});
    while (written() < size)
      for (int i = 0; i < 100; ++i) staircase({20, 0}, {upto(8 * side_), upto(blocks / 8 * side_)}, 8);
    writer_.end_cell();
    writer_.finish();
  }

 private:
  static constexpr int library_cells = 64;
  static constexpr int blocks = 64;

  std::int64_t upto(std::int64_t most) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most + 1));
  }

  void library_cell(int number) {
    writer_.begin_cell("CELL" + std::to_string(number));
    const std::int64_t width = 400 + 200 * upto(8);
    for (const std::int64_t y : {0, 1300}) writer_.box({10, 0}, {0, y, width, y + 100}, {}, {});
    writer_.box({9, 0}, {100, 200, 150, 1200}, {{200, 0}, {}, static_cast<std::uint64_t>(width / 200), 1, {}}, {});
    for (int i = 0; i < 6; ++i) staircase({11, 0}, {upto(width), 200 + upto(700)}, 2);
    writer_.text({10, 1}, {{50, 50}, "VSS"}, {}, {});
    writer_.end_cell();
  }

  void staircase(const LayerNumber& layer, const DbuPoint& at, std::int64_t most) {
    DbuPolygon p{at};
    for (std::int64_t i = upto(most); i >= 0; --i) {
      p.push_back({p.back().x + 40 + 5 * upto(60), p.back().y});
      p.push_back({p.back().x, p.back().y + 40 + 5 * upto(60)});
    }
    p.push_back({at.x, p.back().y});
    writer_.polygon(layer, p, {}, {});
  }

  /// Rows of cells of the library over a block.
  void rows() {
    for (std::int64_t y = 0; y < side_; y += 1400)
      for (std::int64_t x = 0; x < side_ - 2000; x += 2000 + 200 * upto(3))
        writer_.placement(
            {"CELL" + std::to_string(upto(library_cells - 1)), {x, y}, upto(1) ? 0.0 : 180.0, upto(1) != 0, 1}, {}, {});
  }

  /// A part of the wires and the fill of a block.
  void wires() {
    for (int i = 0; i < 200; ++i) staircase({11, 0}, {upto(side_), upto(side_)}, 6);
    for (int i = 0; i < 400; ++i) {
      const DbuPoint at{upto(side_), upto(side_)};
      writer_.box({12, 0}, {at.x, at.y, at.x + 65, at.y + 65 + 35 * upto(20)}, {}, {});
    }
    const DbuPoint fill{upto(side_), upto(side_)};
    const auto columns = static_cast<std::uint64_t>(2 + upto(30));
    writer_.box({13, 0}, {fill.x, fill.y, fill.x + 65, fill.y + 65}, {{140, 0}, {0, 140}, columns, columns, {}}, {});
    Repetition cloud;
    cloud.offsets = {{0, 0}};
    for (int k = 0; k < 50; ++k) cloud.offsets.push_back({upto(10000), upto(10000)});
    writer_.box({14, 0}, {fill.y, fill.x, fill.y + 65, fill.x + 65}, cloud, {});
    for (int i = 0; i < 3; ++i) {
      const DbuPoint at{upto(side_), upto(side_)};
      writer_.path({15, 0}, {{at, {at.x + 5 * upto(900), at.y}, {at.x, at.y + 3000}}, 70, 35, 35, false}, {}, {});
    }
  }

  LayoutWriter& writer_;
  std::mt19937_64 engine_;
  std::int64_t side_ = 0;  // of a block
};

void write(const std::string& name, std::uint64_t megabytes, std::uint64_t seed, bool compress) {
  std::ofstream out(name, std::ios::binary);
  std::uint64_t written = 0;
  const auto writer = write_oasis(
      [&](std::string_view bytes) {
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        written += bytes.size();
      },
      1, {}, {compress, true});
  Chip(*writer, seed).write([&] { return written; }, megabytes * 1000000);
  out.flush();
  if (!out) throw std::runtime_error(name + " cannot be written");
}

void window(const std::string& name, const DbuBox& box) {
  const auto start = Clock::now();
  const auto file = open_layout(open_bytes(name));
  const double open = seconds_since(start);
  const LayoutIndex index(*file);
  const double indexed = seconds_since(start) - open;
  const auto begin = Clock::now();
  std::uint64_t shapes = 0;
  std::uint64_t vertices = 0;
  index.shapes({index.find(), {}, box}, [&](const LayerNumber&, const DbuPolygon& p) {
    ++shapes;
    vertices += p.size();
  });
  const double query = seconds_since(begin);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"bytes\": %llu, \"cells\": %zu, \"shapes\": %llu, \"vertices\": %llu, \"open_s\": %.2f, \"index_s\": %.2f, "
      "\"window_s\": %.2f, \"peak_memory_mb\": %.1f}\n",
      static_cast<unsigned long long>(open_bytes(name)->size()), file->cells().size(),
      static_cast<unsigned long long>(shapes), static_cast<unsigned long long>(vertices), open, indexed, query,
      static_cast<double>(usage.ru_maxrss) * 1024e-6);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    if (args.size() == 5 && args[0] == "write") {
      write(args[1], std::stoull(args[2]), std::stoull(args[3]), args[4] == "compress");
    } else if (args.size() == 6 && args[0] == "window") {
      window(args[1], {std::stoll(args[2]), std::stoll(args[3]), std::stoll(args[4]), std::stoll(args[5])});
    } else {
      std::fputs(
          "usage: anamorph_big_oasis write FILE MEGABYTES SEED compress|plain\n"
          "       anamorph_big_oasis window FILE X0 Y0 X1 Y1\n",
          stderr);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
