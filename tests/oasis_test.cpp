// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layout_stream.hpp"
#include "tests/layout_random.hpp"
#include "tests/layout_text.hpp"
#include "tests/oasis_cases.hpp"

namespace anamorph {
namespace {

using namespace testing;
using namespace testing::oas;

std::unique_ptr<LayoutFile> opened(const std::string& bytes) { return open_layout(memory_bytes(bytes, "by hand")); }

std::string told_of(const std::string& bytes) { return told(*opened(bytes)); }

/// Message of the Error{input} that opening and reading throw; empty if there is none.
std::string refused(const std::string& bytes) {
  try {
    told(*opened(bytes));
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.where().file, "by hand");
    return error.what();
  }
}

/// The first line that differs, of both.
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream of_a(a), of_b(b);
  for (std::string line_a, line_b;;) {
    const bool more_a = static_cast<bool>(std::getline(of_a, line_a));
    const bool more_b = static_cast<bool>(std::getline(of_b, line_b));
    if (!more_a && !more_b) return {};
    if (more_a != more_b || line_a != line_b) return line_a + "\n" + line_b;
  }
}

std::string written(double dbu_nm, const LayoutFile& from, const OasisOptions& options) {
  std::string bytes;
  const auto writer = write_oasis([&](std::string_view more) { bytes += more; }, dbu_nm, from.properties(), options);
  write_all(from, *writer);
  return bytes;
}

constexpr OasisOptions all_options[] = {{true, true}, {true, false}, {false, true}, {false, false}};

TEST(Oasis, RecordsByHand) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    EXPECT_NO_THROW(EXPECT_EQ(told_of(c.bytes), c.told));
  }
}

TEST(Oasis, WhatWasByHandIsWrittenAndReadAgain) {
  for (const Case& c : cases())
    for (const OasisOptions& options : all_options) {
      SCOPED_TRACE(c.name);
      const auto file = opened(c.bytes);
      if (told(*file).size() > 1000000) continue;
      const std::string copy = written(file->dbu_nm(), *file, options);
      EXPECT_NO_THROW(EXPECT_EQ(difference(told(*opened(copy), true), told(*file, true)), ""));
    }
}

TEST(Oasis, CutAnywhereIsRefusedWithItsByte) {
  for (const Case& c : cases())
    for (std::size_t size = 0; size < c.bytes.size(); ++size) {
      const std::string message = refused(c.bytes.substr(0, size));
      ASSERT_NE(message, "") << c.name << " cut to " << size << " of " << c.bytes.size();
      ASSERT_TRUE(message.find("at byte ") != std::string::npos ||
                  message.find("begins at byte 0") != std::string::npos)
          << message;
    }
}

TEST(Oasis, AnyByteChangedIsSeenByTheSignature) {
  for (const Case& c : cases()) {
    if (std::string_view(c.name) != "crc" && std::string_view(c.name) != "checksum") continue;
    for (std::size_t i = 0; i < c.bytes.size(); ++i) {
      std::string changed = c.bytes;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      ASSERT_NE(refused(changed), "") << c.name << " byte " << i;
    }
  }
}

TEST(Oasis, GridStepInEveryKindOfReal) {
  const auto step = [](const std::string& real) {
    return opened(ended(magic + rec(1, "1.0", Raw{real}, 0, Raw{no_offsets}) + rec(14, "A")))->dbu_nm();
  };
  EXPECT_EQ(step(rec(0, 4000)), 0.25);
  EXPECT_EQ(step(rec(2, 4)), 4000.0);
  EXPECT_EQ(step(rec(4, 5, 2)), 400.0);
  EXPECT_EQ(step(rec(6, Raw{std::string("\0\0\x20\x40", 4)})), 400.0);
  EXPECT_EQ(step(rec(7, Raw{std::string("\0\0\0\0\0\0\x04\x40", 8)})), 400.0);
  for (const std::string& bad : {rec(0, 0), rec(1, 4000), rec(3, 4), rec(5, 5, 2), rec(4, 5, 0), rec(8, 1),
                                 rec(7, Raw{std::string("\0\0\0\0\0\0\xf0\x7f", 8)})})
    EXPECT_THROW(step(bad), Error);
}

TEST(Oasis, GridStepsComeBackExactly) {
  for (const double dbu : {1.0, 0.25, 0.3, 1.0 / 3, 5e-4, 0.1, 7.7, 1e6, 3e7})
    for (const OasisOptions& options : all_options) {
      std::string bytes;
      write_oasis([&](std::string_view more) { bytes += more; }, dbu, {}, options)->finish();
      EXPECT_EQ(opened(bytes)->dbu_nm(), dbu);
    }
}

TEST(Oasis, WhatHasNotComeBeforeCannotBeReused) {
  const auto box = rec(20, rect("SWXYDL"), 1, 0, 5, Signed{0}, Signed{0});
  const std::vector<std::pair<std::string, std::string>> bad = {
      {rec(20, rect("WHD"), 0, 1, 2), "layer"},
      {rec(20, rect("WHL"), 0, 1, 2), "datatype"},
      {rec(20, rect("HDL"), 0, 0, 2), "width"},
      {rec(20, rect("WDL"), 0, 0, 2), "height"},
      {rec(20, rect("SDL"), 0, 0), "width"},
      {rec(21, poly("DL"), 0, 0), "list of points"},
      {rec(22, wire("EPDL"), 0, 0, 5, 2, 1, 40), "half-width"},
      {rec(22, wire("WPDL"), 0, 0, 5, 2, 1, 40), "extension at its start"},
      {rec(22, wire("EWPDL"), 0, 0, 5, 4, 2, 1, 40), "extension at its end"},
      {rec(22, wire("EWDL"), 0, 0, 5, 5), "list of points"},
      {rec(26, ctrap("WHDL"), 0, 0, 5, 5), "type of compact trapezoid"},
      {rec(26, ctrap("THDL"), 0, 0, 16, 5), "width"},
      {rec(26, ctrap("TWDL"), 0, 0, 20, 5), "height"},
      {rec(27, disc("DL"), 0, 0), "radius"},
      {rec(19, label("CL"), "t", 0), "text type"},
      {rec(19, label("CT"), "t", 0), "text layer"},
      {rec(19, label("TL"), 0, 0), "a text"},
      {rec(17, child("XY"), Signed{0}, Signed{0}), "cell to place"},
      {rec(20, rect("SWRDL"), 0, 0, 5, 0), "repeats"},
      {box + rec(29), "named as the one before"},
      {box + rec(28, prop("VC", 0), "p"), "values before"},
      {box + rec(14, "B", 20, rect("XY"), Signed{0}, Signed{0}), "layer"},  // CELL forgets
      {box + rec(3, "N", 20, rect("XY"), Signed{0}, Signed{0}), "outside of a cell"},
  };
  for (const auto& [elements, word] : bad) {
    const std::string message = refused(cell(elements));
    EXPECT_NE(message.find(word), std::string::npos) << word << ": " << message;
  }
}

TEST(Oasis, PositionsBeginAtTheOriginInEachCell) {
  EXPECT_EQ(told_of(file(rec(14, "A", 16, 20, rect("SWXYDL"), 1, 0, 5, Signed{7}, Signed{8}) +
                         rec(14, "B", 20, rect("SWDL"), 1, 0, 5, 20, rect("X"), Signed{3}))),
            "cell A\n1/0 box 7,8 12,13\ncell B\n1/0 box 0,0 5,5\n1/0 box 3,0 8,5\n");
}

TEST(Oasis, LyingLengthsAndAbsurdCountsAreRefused) {
  const std::uint64_t huge = std::uint64_t{1} << 60;
  const std::uint64_t whole = std::numeric_limits<std::uint64_t>::max();
  const auto boxed = [](const std::string& repetition) { return rec(20, rect("SWRDL"), 1, 0, 5, Raw{repetition}); };
  const std::vector<std::string> bad = {
      boxed(rec(1, huge, huge, 1, 1)),
      boxed(rec(1, 1 << 30, 1 << 30, std::uint64_t{1} << 40, 1)),
      boxed(rec(2, whole, 1)),
      boxed(rec(2, huge, 0)),
      boxed(rec(3, 1 << 21, 0)),
      boxed(rec(4, huge, 1)),
      boxed(rec(7, 1 << 30, 1, 1)),
      boxed(rec(10, huge, 2)),
      boxed(rec(5, 0, huge, huge)),
      boxed(rec(9, huge, 32)),
      boxed(rec(8, 1 << 30, 1 << 30, std::uint64_t{1} << 40, std::uint64_t{1} << 40)),
      boxed(rec(8, 1 << 15, 1 << 15, 16, 16)),  // both steps are 1 to the right
      boxed(rec(12)),
      boxed(rec(2, 1, Raw{std::string(9, '\xff') + "\x7f"})),
      rec(21, poly("PDL"), 1, 0, 4, huge, 32),
      rec(21, poly("PDL"), 1, 0, 4, 0),
      rec(21, poly("PDL"), 1, 0, 4, 1, 32),
      rec(21, poly("PDL"), 1, 0, 6, 3, 32, 32, 32),
      rec(21, poly("PDL"), 1, 0, 2, 3, whole, 1, 2),
      rec(21, poly("PDL"), 1, 0, 5, 3, huge * 8 - 16, 0, 0),
      rec(22, wire("EWPDL"), 1, 0, 5, 16, 2, 1, 4),
      rec(20, rect("SWXYDL"), 1, 0, huge, Signed{static_cast<std::int64_t>(huge)}, Signed{0}),
      rec(20, rect("SWDL"), 1, 0, huge * 2),
      rec(20, rect("SWDL"), huge, 0, 5),
      rec(20, rect("SHDL"), 1, 0, 5),
      rec(16, 20, rect("SWXDL"), 1, 0, 5, Signed{static_cast<std::int64_t>(huge)}, 20, rect("X"), Signed{1}),
      rec(27, disc("rDL"), 1, 0, huge * 2),
      rec(26, ctrap("TWHDL"), 1, 0, 26, 5, 5),
      rec(26, ctrap("TWHDL"), 1, 0, 4, 5, 3),
      rec(23, trap("WHDL"), 1, 0, 5, 5, Signed{4}, Signed{-2}),
      rec(19, label("CTL"), Raw{rec(huge)}, 0, 0),
      rec(19, label("CTL"), 1000000, 0, 0),
      rec(28, prop("C", 15), "p", huge),
      rec(28, prop("C", 1), "p", 16, 0),
      rec(28, prop("V", 1)),
      rec(18, child18("CM"), "A", 0, 0),
      rec(18, child18("CM"), "A", 1, 2),
      rec(35),
      rec(1, "1.0", 0, 1000, 0, Raw{no_offsets}),
      rec(34, 0, 100, 0),
      rec(34, 1, 5, "x"),
      rec(34, 0, 5, 1000),
      rec(34, 0, huge, "x"),
      rec(34, 0, 5, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00\x00", 9)),       // says 5, has 4
      rec(34, 0, 3, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00\x00", 9)),       // says 3
      rec(34, 0, 4, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00\x00\x00", 10)),  // a byte too many
      rec(34, 0, 4, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00", 8)),           // a byte too few
      rec(34, 0, 4, std::string("\x01\x04\x00\xfa\xff\x00\x00\x00\x00", 9)),       // no DEFLATE
      rec(34, 0, 4, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00\x22", 9)),       // CBLOCK within
      rec(34, 0, 4, std::string("\x01\x04\x00\xfb\xff\x00\x00\x00\x14", 9)),       // half a record
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::string message = refused(cell(bad[i]));
    EXPECT_NE(message.find("at byte "), std::string::npos) << i << ": " << message;
  }
}

TEST(Oasis, TheByteIsWhereItIs) {
  const std::string before = magic + rec(1, "1.0", 0, 1000, 0, Raw{no_offsets}) + rec(14, "A");
  EXPECT_NE(refused(ended(before + rec(99))).find("at byte " + std::to_string(before.size())), std::string::npos);
  // Within a CBLOCK: both places.
  const std::string packed = rec(34, 0, 3, std::string("\x01\x03\x00\xfc\xff\x00\x00\x63", 8));
  EXPECT_NE(refused(ended(before + packed))
                .find("at byte 2 of what the CBLOCK at byte " + std::to_string(before.size()) + " holds"),
            std::string::npos);
}

TEST(Oasis, TablesThatContradictThemselvesAreRefused) {
  const auto box = rec(20, rect("SWXYDL"), 1, 0, 5, Signed{0}, Signed{0});
  for (const std::string& bad :
       {rec(3, "A", 4, "B", 1, 13, 0), rec(4, "A", 1, 4, "B", 1, 13, 1), rec(13, 0), rec(14, "A", 14, "A"),
        rec(3, "A", 3, "A", 13, 0, 13, 1), rec(14, "A", 17, child("CNXY"), 5, Signed{0}, Signed{0}),
        rec(14, "A", 19, label("CNTL"), 5, 1, 1), rec(14, "A", Raw{box}, 28, prop("CN", 0), 5),
        rec(14, "A", Raw{box}, 28, prop("C", 1), "p", 13, 5), rec(11, "m", 5, 0), Raw{box}.bytes, rec(15)})
    EXPECT_NE(refused(file(bad)).find("at byte "), std::string::npos);
  // Names of any bytes do not hide the place.
  EXPECT_NE(refused(file(rec(14, std::string("A\0B", 3), 14, std::string("A\0B", 3)))).find("named A?B, at byte "),
            std::string::npos);
  EXPECT_NE(refused(ended(magic + rec(1, "1.1", 0, 1000, 0, Raw{no_offsets}))), "");
  EXPECT_NE(refused(ended(magic + rec(1, "1.0", 0, 1000, 2))), "");
  EXPECT_NE(refused(ended(magic + rec(1, "1.0", 0, 1000, 0, 2, 0, Raw{no_offsets.substr(2)}))), "");
  EXPECT_NE(refused(ended(magic + rec(1, "1.0", 0, 1000, 0, 1, 1000000, Raw{no_offsets.substr(2)}))), "");
  EXPECT_NE(refused(cell("") + "x"), "");
  std::string scheme = cell("");
  scheme.back() = 3;
  EXPECT_NE(refused(scheme).find("validation scheme"), std::string::npos);
}

TEST(OasisWriter, RandomLayoutsComeBack) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const RandomLayout layout(seed);
    for (const OasisOptions& options : all_options) {
      const std::string bytes = written(0.5, layout, options);
      const auto again = open_oasis(memory_bytes(bytes, "again"));
      EXPECT_EQ(again->dbu_nm(), 0.5);
      EXPECT_EQ(again->cells(), layout.cells());
      ASSERT_EQ(difference(told(*again, true), told(layout, true)), "") << "seed " << seed;
      EXPECT_EQ(written(0.5, *again, options), written(0.5, *open_oasis(memory_bytes(bytes, "again")), options));
    }
  }
}

TEST(OasisWriter, SameElementsSameBytes) {
  EXPECT_EQ(written(1, RandomLayout(5), {}), written(1, RandomLayout(5), {}));
  EXPECT_NE(written(1, RandomLayout(5), {}), written(1, RandomLayout(6), {}));
}

/// Bytes that one element takes, without those of an empty cell.
std::size_t cost(const std::function<void(LayoutWriter&)>& elements) {
  const auto size = [&](bool full) {
    std::string bytes;
    const auto writer = write_oasis([&](std::string_view more) { bytes += more; }, 1, {}, {false, false});
    writer->begin_cell("A");
    if (full) elements(*writer);
    writer->end_cell();
    writer->finish();
    return bytes.size();
  };
  return size(true) - size(false);
}

TEST(OasisWriter, EncodingsAreShort) {
  const LayerNumber l{1, 0};
  const auto boxes = [&](int count) {
    return cost([&](LayoutWriter& w) {
      for (int i = 0; i < count; ++i) w.box(l, {10 * i, 0, 10 * i + 5, 5}, {}, {});
    });
  };
  EXPECT_EQ(boxes(1), 5u);             // record, info, layer, datatype, width; a square at the origin
  EXPECT_EQ(boxes(2) - boxes(1), 3u);  // record, info, x
  // A Manhattan outline of six corners: four 1-deltas, type, count.
  const DbuPolygon ell = {{0, 0}, {30, 0}, {30, 10}, {10, 10}, {10, 20}, {0, 20}};
  EXPECT_EQ(cost([&](LayoutWriter& w) { w.polygon(l, ell, {}, {}); }), 4u + 2u + 4u);
  // The same with points within its edges and one twice.
  const DbuPolygon more = {{0, 5}, {0, 0}, {15, 0}, {30, 0}, {30, 0}, {30, 10}, {10, 10}, {10, 20}, {0, 20}};
  EXPECT_EQ(cost([&](LayoutWriter& w) { w.polygon(l, more, {}, {}); }), 10u);
  // Four Manhattan points are a rectangle.
  EXPECT_EQ(cost([&](LayoutWriter& w) { w.polygon(l, {{0, 0}, {0, 5}, {5, 5}, {5, 0}}, {}, {}); }), boxes(1));
  // Again the same list: record, info, x.
  EXPECT_EQ(cost([&](LayoutWriter& w) {
              w.polygon(l, ell, {}, {});
              DbuPolygon next = ell;
              for (DbuPoint& p : next) p.x += 50;
              w.polygon(l, next, {}, {});
            }),
            10u + 3u);
  // A path like the one before: record, info, x. One with another end: also the scheme.
  const auto paths = [&](std::int64_t end) {
    return cost([&](LayoutWriter& w) {
      w.path(l, {{{0, 0}, {50, 0}}, 20, 10, 0, false}, {}, {});
      w.path(l, {{{30, 0}, {80, 0}}, 20, 10, end, false}, {}, {});
    });
  };
  EXPECT_EQ(paths(0), 6u + 3u + 3u);  // record, info, layer, datatype, half-width, scheme; list of one; the second
  EXPECT_EQ(paths(10), paths(0) + 1u);
  // Regular displacements become a row however they are given; irregular ones share their common divisor.
  const auto repeated = [&](const Repetition& r) {
    return cost([&](LayoutWriter& w) { w.box(l, {0, 0, 5, 5}, r, {}); });
  };
  EXPECT_EQ(repeated({{}, {}, 1, 1, {{0, 0}, {7, 0}, {14, 0}, {21, 0}}}), 5u + 3u);
  EXPECT_EQ(repeated({{7, 0}, {}, 4, 1, {}}), 5u + 3u);
  EXPECT_EQ(repeated({{7, 0}, {0, 9}, 4, 5, {}}), 5u + 5u);
  EXPECT_EQ(repeated({{0, 7}, {9, 0}, 4, 5, {}}), 5u + 5u);
  EXPECT_EQ(repeated({{}, {}, 1, 1, {{0, 0}, {1000, 0}, {3000, 0}}}), 5u + 2u + 2u + 2u);
  EXPECT_EQ(cost([&](LayoutWriter& w) {
              const Repetition r{{7, 0}, {}, 4, 1, {}};
              w.box(l, {0, 0, 5, 5}, r, {});
              w.box(l, {0, 9, 5, 14}, r, {});
            }),
            8u + 4u);  // record, info, y, type 0
}

TEST(OasisWriter, WhatTheFormatHasNotBecomesWhatItHas) {
  std::string bytes;
  const auto writer = write_oasis([&](std::string_view more) { bytes += more; }, 1);
  writer->begin_cell("A");
  const LayoutPath odd{{{0, 0}, {100, 0}}, 7, 0, 0, false};
  const LayoutPath round{{{0, 0}, {100, 0}}, 8, 4, 4, true};
  writer->path({1, 0}, odd, {}, {});
  writer->path({1, 0}, round, {}, {});
  writer->end_cell();
  writer->finish();
  struct Kinds : LayoutSink {
    std::vector<DbuPolygon> polygons;
    int paths = 0;
    void polygon(const LayerNumber&, const DbuPolygon& p, const Repetition&, const Properties&) override {
      polygons.push_back(p);
    }
    void path(const LayerNumber&, const LayoutPath&, const Repetition&, const Properties&) override { ++paths; }
  } kinds;
  opened(bytes)->read(0, kinds);
  EXPECT_EQ(kinds.paths, 0);
  ASSERT_EQ(kinds.polygons.size(), 2u);
  const auto same = [](DbuPolygon a, DbuPolygon b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    return a == b;
  };
  EXPECT_TRUE(same(kinds.polygons[0], outline(odd)));
  EXPECT_TRUE(same(kinds.polygons[1], outline(round)));
}

TEST(OasisWriter, WhatCannotBeExpressedIsRefused) {
  const auto ignore = [](std::string_view) {};
  EXPECT_THROW(write_oasis(ignore, 0), Error);
  const auto writer = write_oasis(ignore, 1);
  EXPECT_THROW(writer->box({}, {0, 0, 1, 1}, {}, {}), Error);
  EXPECT_THROW(writer->end_cell(), Error);
  writer->begin_cell("A");
  EXPECT_THROW(writer->begin_cell("B"), Error);
  EXPECT_THROW(writer->finish(), Error);
  const std::int64_t far = (std::int64_t{1} << 59) + 1;
  EXPECT_THROW(writer->box({}, {0, 0, far, 1}, {}, {}), Error);
  EXPECT_THROW(writer->polygon({}, {{0, 0}, {0, -far}, {1, 1}}, {}, {}), Error);
  EXPECT_THROW(writer->polygon({}, {{0, 0}, {1, 1}}, {}, {}), Error);
  EXPECT_THROW(writer->box({}, {0, 0, 1, 1}, {{1 << 30, 0}, {}, std::uint64_t{1} << 31, 1, {}}, {}), Error);
  EXPECT_THROW(writer->placement({"B", {}, 0, false, 0}, {}, {}), Error);
  writer->end_cell();
  EXPECT_THROW(writer->begin_cell("A"), Error);
  writer->finish();
  EXPECT_THROW(writer->finish(), Error);
  EXPECT_THROW(writer->begin_cell("C"), Error);
}

TEST(Oasis, CellsAreReadInAnyOrderFromSeveralThreads) {
  const std::string bytes = written(1, RandomLayout(3), {});
  const auto file = opened(bytes);
  const std::string all = told(*file);
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string& result : results)
    threads.emplace_back([&] {
      for (std::size_t i = file->cells().size(); i-- > 0;) {
        Lines lines(false);
        file->read(i, lines);
      }
      result = told(*file);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, all);
}

}  // namespace
}  // namespace anamorph
