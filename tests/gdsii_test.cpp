// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/gdsii.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/gdsii_records.hpp"
#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/gdsii_bytes.hpp"
#include "tests/layout_text.hpp"

namespace anamorph::testing {
namespace {

/// All that a stream tells; its bytes need not live on.
std::string told(const std::string& bytes) {
  const auto file = open_layout(memory_bytes(bytes, "a.gds"));
  return anamorph::testing::told(*file);
}

std::string error_text(const std::string& bytes) {
  return error_of([&] { (void)told(bytes); }).what();
}

/// One cell with what `fill` puts into it.
std::string with_cell(const std::function<void(GdsiiBytes&)>& fill) {
  GdsiiBytes out;
  out.library().cell("A");
  fill(out);
  return out.end_cell().end_library().bytes;
}

// ---------------------------------------------------------------------------------------------------------------------
// Reader

GdsiiBytes everything() {
  GdsiiBytes out;
  out.shorts(0x0002, {600}).shorts(0x0102, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  out.shorts(0x3902, {100}).text(0x3A06, "rules").shorts(0x3B02, {1, 2, 7}).text(0x0206, "CHIP");
  out.text(0x1F06, std::string(88, 'r')).text(0x2006, std::string(176, 'f')).text(0x2306, "attributes");
  out.shorts(0x2202, {3}).shorts(0x3602, {1}).text(0x3706, "1 5-7").record(0x3800);
  out.bits(0x0305, {0x3E41'8937'4BC6'A7F0U, 0x3944'B82F'A09B'5A54U});
  out.shorts(0x2B02, {1}).text(0x2C06, "of the file");
  out.cell("LEAF").shorts(0x3401, {0}).shorts(0x2B02, {2}).text(0x2C06, "of the cell");
  out.record(0x0800).shorts(0x2601, {3}).longs(0x2F03, {7}).shorts(0x0D02, {11}).shorts(0x0E02, {5});
  out.points({0, 0, 100, 0}).points({100, 50, 0, 50, 0, 0});  // two records of one outline
  out.shorts(0x2B02, {3}).text(0x2C06, "first").shorts(0x2B02, {4}).text(0x2C06, "second!").end_element();
  out.on(0x0900, -1, 65535 - 65536).longs(0x0F03, {20}).points({0, 0, 100, 0, 100, -70}).end_element();
  out.on(0x0900, 1, 1).shorts(0x2102, {1}).longs(0x0F03, {21}).points({0, 0, 100, 0}).end_element();
  out.on(0x0900, 1, 2).shorts(0x2102, {2}).longs(0x0F03, {-40}).points({0, 0, 100, 0}).end_element();
  out.on(0x0900, 1, 4).shorts(0x2102, {4}).longs(0x0F03, {20}).longs(0x3003, {7}).longs(0x3103, {-3});
  out.points({0, 0, 100, 0}).end_element();
  out.on(0x2D00, 2, 1, 0x2E02).points({5, 6, 5, 16, 25, 16, 25, 6, 5, 6}).end_element();
  out.on(0x2D00, 2, 2, 0x2E02).points({0, 0, 10, 5, 5, 15, -5, 10, 0, 0}).end_element();
  out.on(0x1500, 3, 0, 0x2A02).points({1, 2}).end_element();
  out.on(0x0C00, 4, 6, 0x1602).shorts(0x1701, {5}).shorts(0x2102, {0}).longs(0x0F03, {9}).shorts(0x1A01, {-32768});
  out.bits(0x1B05, {0x4120'0000'0000'0000U}).points({-7, 8}).text(0x1906, "label").end_element();
  out.end_cell().cell("TOP").place("LEAF", 3, -4);
  out.record(0x0A00).text(0x1206, "LEAF").shorts(0x1A01, {-32768}).bits(0x1B05, {0x4118'0000'0000'0000U});
  out.bits(0x1C05, {0x425A'0000'0000'0000U}).points({1, 2}).shorts(0x2B02, {9}).text(0x2C06, "p").end_element();
  out.record(0x0B00).text(0x1206, "LEAF").shorts(0x1302, {3, 2}).points({10, 20, 40, 26, -10, 220}).end_element();
  out.record(0x0B00).text(0x1206, "LEAF").shorts(0x1302, {1, 2}).points({0, 0, 77, 0, 0, 20}).end_element();
  return out.end_cell().end_library();
}

TEST(GdsiiReader, TellsEveryRecord) {
  const std::string expected =
      "file {S_GDS_PROPERTY u1 of the file}\n"
      "cell LEAF {S_GDS_PROPERTY u2 of the cell}\n"
      "11/5 polygon 0,0 100,0 100,50 0,50 {S_GDS_PROPERTY u3 first} {S_GDS_PROPERTY u4 second!}\n"
      "65535/65535 path 20 0 0 0,0 100,0 100,-70\n"
      "1/1 path 21 round 10 10 0,0 100,0\n"
      "1/2 path 40 absolute 20 20 0,0 100,0\n"
      "1/4 path 20 7 -3 0,0 100,0\n"
      "2/1 box 5,6 25,16\n"
      "2/2 polygon 0,0 10,5 5,15 -5,10\n"
      "4/6 text label -7,8\n"
      "cell TOP\n"
      "place LEAF 3,-4\n"
      "place LEAF angle 90 times 1.5 mirrored 1,2 {S_GDS_PROPERTY u9 p}\n"
      "place LEAF 10,20 grid 3 x 10,2 by 2 x -10,100\n"
      "place LEAF 0,0 grid 1 x 0,0 by 2 x 0,10\n";
  EXPECT_EQ(told(everything().bytes), expected);
  EXPECT_EQ(told(everything().bytes + std::string(1000, '\0')), expected) << "padding of a tape block";
  const auto file = open_layout(memory_bytes(everything().bytes, "a.gds"));
  EXPECT_EQ(file->library_name(), "CHIP");
  EXPECT_DOUBLE_EQ(file->dbu_nm(), 1);
  EXPECT_EQ(file->cells(), (std::vector<std::string>{"LEAF", "TOP"}));
  EXPECT_EQ(file->cell_offset(1), everything().bytes.find("TOP") + 4);
}

TEST(GdsiiReader, StepsThatDoNotDivideAreRounded) {
  const auto array = [](int columns, int rows, int x, int y) {
    return with_cell([=](GdsiiBytes& out) {
      out.record(0x0B00).text(0x1206, "B").shorts(0x1302, {columns, rows});
      out.points({100, 0, 100 + x, 1, 100, y}).end_element();
    });
  };
  EXPECT_EQ(told(array(3, 2, 10, 4)), "cell A\nplace B 100,0 at 0,0 3,0 7,1 0,2 3,2 7,3\n");
  EXPECT_NE(error_text(array(-1, -1, 10, 4)).find("65535 x 65535"), std::string::npos);
  // Half units: after two columns the steps are whole, so that it stays a few grids, however many members there are.
  const std::string halves = with_cell([](GdsiiBytes& out) {
    out.record(0x0B00).text(0x1206, "B").shorts(0x1302, {30000, 3}).points({100, 0, 15100, 0, 100, 9}).end_element();
  });
  EXPECT_EQ(told(halves),
            "cell A\nplace B 100,0 grid 15000 x 1,0 by 3 x 0,3\nplace B 101,0 grid 15000 x 1,0 by 3 x 0,3\n");
  EXPECT_NE(error_text(array(32749, 2, 10, 4)).find("AREF of 32749 x 2"), std::string::npos);
  EXPECT_EQ(told(array(4093, 1, 10, 4)).find("grid"), std::string::npos) << "few enough for a list";
  const std::string heap = with_cell([](GdsiiBytes& out) {
    out.record(0x0B00).text(0x1206, "B").shorts(0x1302, {30000, 30000}).points({100, 0, 100, 0, 100, 30000}).end_element();
  });
  EXPECT_NE(error_text(heap).find("along one line"), std::string::npos);
}

TEST(GdsiiReader, CutShortAtEveryByte) {
  const std::string all = everything().bytes;
  for (std::size_t length = 0; length < all.size(); ++length) {
    const Error error = error_of([&] { (void)told(all.substr(0, length)); });
    ASSERT_EQ(error.code(), ErrorCode::input) << length;
    ASSERT_EQ(error.where().file, "a.gds") << length;
    ASSERT_NE(std::string(error.what()).find("at byte "), std::string::npos) << length;
  }
}

TEST(GdsiiReader, EveryByteMayBeWrong) {
  // No more than an error may come of it; the sanitizers see the rest.
  const std::string all = everything().bytes;
  int read = 0;
  for (std::size_t at = 0; at < all.size(); ++at)
    for (const unsigned flip : {1U, 0x80U, 0xFFU}) {
      std::string bytes = all;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      try {
        (void)told(bytes);
        ++read;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), ErrorCode::input) << error.what();
        ASSERT_NE(std::string(error.what()).find("at byte "), std::string::npos) << error.what();
      }
    }
  EXPECT_GT(read, 100) << "coordinates, names and dates may be anything";
}

TEST(GdsiiReader, NamesWhatIsWrongAndWhere) {
  using Fill = std::function<void(GdsiiBytes&)>;
  const std::size_t element = GdsiiBytes().library().cell("A").bytes.size();
  const auto at_element = [&](const char* id, const Fill& fill, std::size_t offset) {
    const Error error = error_of([&] { (void)told(with_cell(fill)); });
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_TRUE(std::string(error.what()).ends_with("at byte " + std::to_string(element + offset))) << error.what();
  };
  at_element(
      "GDS-0030", [](GdsiiBytes& o) { o.end_element(); }, 0);
  at_element(
      "GDS-0030",
      [](GdsiiBytes& o) {
        o.square().points({0, 0});
      },
      64);
  at_element(
      "GDS-0031",
      [](GdsiiBytes& o) {
        o.record(0x0800).points({0, 0, 9, 0, 9, 9, 0, 0}).end_element();
      },
      0);
  at_element(
      "GDS-0031",
      [](GdsiiBytes& o) {
        o.record(0x0A00).points({0, 0}).end_element();
      },
      0);
  at_element(
      "GDS-0032", [](GdsiiBytes& o) { o.on(0x0800, 1, 0).longs(0x0F03, {5}).end_element(); }, 16);
  at_element(
      "GDS-0032", [](GdsiiBytes& o) { o.on(0x0800, 1, 0, 0x1602).end_element(); }, 10);
  at_element(
      "GDS-0033", [](GdsiiBytes& o) { o.on(0x0800, 1, 0).shorts(0x0D02, {2}).end_element(); }, 16);
  at_element(
      "GDS-0034", [](GdsiiBytes& o) { o.on(0x0900, 1, 0).shorts(0x2102, {3}).end_element(); }, 16);
  at_element(
      "GDS-0035", [](GdsiiBytes& o) { o.record(0x0A00).text(0x1206, "").end_element(); }, 4);
  at_element(
      "GDS-0036",
      [](GdsiiBytes& o) {
        o.record(0x0B00).shorts(0x1302, {0, 4}).end_element();
      },
      4);
  for (const int flags : {2, 4})
    at_element(
        "GDS-0037", [&](GdsiiBytes& o) { o.record(0x0A00).shorts(0x1A01, {flags}).end_element(); }, 4);
  at_element(
      "GDS-0038", [](GdsiiBytes& o) { o.record(0x0A00).bits(0x1B05, {0xC110'0000'0000'0000U}); }, 4);
  at_element(
      "GDS-0039",
      [](GdsiiBytes& o) {
        o.on(0x0800, 1, 0).points({0, 0, 9, 0, 0, 0}).end_element();
      },
      0);
  at_element(
      "GDS-0039",
      [](GdsiiBytes& o) {
        o.record(0x0A00).text(0x1206, "B").points({0, 0, 1, 1}).end_element();
      },
      0);
  at_element(
      "GDS-0040",
      [](GdsiiBytes& o) {
        o.on(0x0800, 1, 0).points({0, 0, 9, 0, 9, 9, 0, 9}).end_element();
      },
      0);
  at_element(
      "GDS-0022",
      [](GdsiiBytes& o) {
        o.on(0x0800, 1, 0).longs(0x1003, {0, 0, 9}).end_element();
      },
      16);
  at_element(
      "GDS-0022",
      [](GdsiiBytes& o) {
        o.record(0x0800).shorts(0x0D02, {1, 2}).end_element();
      },
      4);
  at_element(
      "GDS-0023", [](GdsiiBytes& o) { o.record(0x3C02, "ab"); }, 0);
  at_element(
      "GDS-0024", [](GdsiiBytes& o) { o.record(0x0800).shorts(0x2B02, {1}).end_element(); }, 10);
  at_element(
      "GDS-0021", [](GdsiiBytes& o) { o.bytes += std::string("\0\3\7\0", 4); }, 0);
  at_element(
      "GDS-0021", [](GdsiiBytes& o) { o.bytes += std::string("\0\0\7\0", 4); }, 0);
  at_element(
      "GDS-0016", [](GdsiiBytes& o) { o.cell("B"); }, 0);
  at_element(
      "GDS-0015", [](GdsiiBytes& o) { o.end_cell().cell("A").end_cell().cell("C"); }, 4 + 28);

  const auto whole = [](const char* id, const GdsiiBytes& bytes) {
    EXPECT_EQ(error_of([&] { (void)told(bytes.bytes); }).id(), id);
  };
  whole("LAY-0010", GdsiiBytes().text(0x0206, "LIB"));
  whole("GDS-0011", GdsiiBytes().shorts(0x0002, {5}).cell("A").end_cell().end_library());
  whole("GDS-0011", GdsiiBytes().shorts(0x0002, {5}).end_library());
  whole("GDS-0012", GdsiiBytes().library().square());
  whole("GDS-0013", GdsiiBytes().shorts(0x0002, {5}).bits(0x0305, {0, 0}));
  whole("GDS-0014", GdsiiBytes().library().shorts(0x0502, {0}).end_cell());
  whole("GDS-0020", GdsiiBytes().library());  // no ENDLIB
}

TEST(GdsiiReader, CellsThatHoldThemselvesAreNamedWithTheirByte) {
  const std::string bytes =
      GdsiiBytes().library().cell("A").place("B").end_cell().cell("B").place("A").end_cell().end_library().bytes;
  const auto file = open_layout(memory_bytes(bytes, "a.gds"));
  const std::string text = error_of([&] { LayoutIndex index(*file); }).what();
  EXPECT_NE(text.find("\"A\" holds itself, through cell \"B\", at byte " + std::to_string(bytes.find("B", 200) + 2)),
            std::string::npos)
      << text;
}

TEST(GdsiiReals, AreThoseOfTheFormat) {
  EXPECT_EQ(gdsii::encode_real(1), 0x4110'0000'0000'0000U);
  EXPECT_EQ(gdsii::encode_real(-2.5), 0xC128'0000'0000'0000U);
  EXPECT_EQ(gdsii::encode_real(1.0 / 16), 0x4010'0000'0000'0000U);
  EXPECT_EQ(gdsii::encode_real(0.001), 0x3E41'8937'4BC6'A7F0U);
  EXPECT_EQ(gdsii::encode_real(0), 0U);
  EXPECT_EQ(gdsii::decode_real(0x4200'1000'0000'0000U), 1.0 / 16) << "not normalised";
  std::mt19937_64 random(3);
  for (int i = 0; i < 100000; ++i) {
    const double value = std::ldexp(std::bit_cast<double>((random() >> 12U) | 0x3FF0'0000'0000'0000U),
                                    static_cast<int>(random() % 480) - 240) *
                         (i % 2 == 0 ? 1 : -1);
    ASSERT_EQ(gdsii::decode_real(gdsii::encode_real(value)), value);
  }
  for (const double unit :
       {1.0, 0.1, 0.25, 0.5, 0.05, 0.01, 0.001, 0.005, 2.54, 1000.0, 0.0123456789, 12.3456789012345})
    EXPECT_EQ(gdsii::decode_unit(gdsii::encode_unit(unit)), unit);
  for (int i = 0; i < 10000; ++i) {  // any other one to the last digit but one
    const double unit = std::exp(static_cast<double>(random() % 1000) / 100 - 5);
    ASSERT_NEAR(gdsii::decode_unit(gdsii::encode_unit(unit)), unit, 4.5e-16 * unit);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Writer

std::string written(const std::function<void(LayoutWriter&)>& fill, double dbu_nm = 1, const Properties& of_file = {}) {
  std::string bytes;
  const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, dbu_nm, "LIB", of_file);
  writer->begin_cell("A", {{"S_GDS_PROPERTY", {std::uint64_t{5}, std::string("cell")}}});
  fill(*writer);
  writer->end_cell();
  writer->finish();
  return bytes;
}

const Properties tagged{{"S_GDS_PROPERTY", {std::uint64_t{7}, std::string("odd")}}, {"other", {1.5}}};

void fill_all(LayoutWriter& to) {
  to.polygon({1, 2}, {{0, 0}, {7, 0}, {3, 9}}, {}, tagged);
  to.box({65535, 0}, {-5, -6, 7, 8}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}, {70, 20}}, 20, 0, 0, false}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 21, 10, 10, true}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 21, 10, 10, false}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 20, -3, 2147483647, false}, {}, {});
  to.text({4, 5}, {{-2147483648, 2147483647}, "odd"}, {}, tagged);
  to.placement({"B", {1, -2}, 33.3, true, 0.7}, {}, tagged);
  to.placement({"B", {0, 0}, 0, false, 1}, {{10, 1}, {-2, 30}, 5, 32767, {}}, {});
}

TEST(GdsiiWriter, WhatIsWrittenIsReadBack) {
  const Properties of_file{{"S_GDS_PROPERTY", {std::uint64_t{65535}, std::string("x")}}};
  const std::string bytes = written(fill_all, 0.1, of_file);
  EXPECT_EQ(told(bytes),
            "file {S_GDS_PROPERTY u65535 x}\n"
            "cell A {S_GDS_PROPERTY u5 cell}\n"
            "1/2 polygon 0,0 7,0 3,9 {S_GDS_PROPERTY u7 odd}\n"
            "65535/0 polygon -5,-6 7,-6 7,8 -5,8\n"
            "3/0 path 20 0 0 0,0 50,0 70,20\n"
            "3/0 path 21 round 10 10 0,0 50,0\n"
            "3/0 path 21 10 10 0,0 50,0\n"
            "3/0 path 20 -3 2147483647 0,0 50,0\n"
            "4/5 text odd -2147483648,2147483647 {S_GDS_PROPERTY u7 odd}\n"
            "place B angle 33.3 times 0.7 mirrored 1,-2 {S_GDS_PROPERTY u7 odd}\n"
            "place B 0,0 grid 5 x 10,1 by 32767 x -2,30\n");
  EXPECT_EQ(written(fill_all, 0.1, of_file), bytes) << "the same elements give the same bytes";
  EXPECT_EQ(open_layout(memory_bytes(bytes, "a"))->dbu_nm(), 0.1);
  // And so does what was read, written anew.
  std::string again;
  const auto file = open_layout(memory_bytes(bytes, "a"));
  const auto writer = write_gdsii([&](std::string_view part) { again += part; }, 0.1, "LIB", file->properties());
  writer->begin_cell("A", file->cell_properties(0));
  file->read(0, *writer);
  writer->end_cell();
  writer->finish();
  EXPECT_EQ(again, bytes);
}

TEST(GdsiiWriter, RepeatedShapesAreWrittenOut) {
  const auto bytes = written([](LayoutWriter& to) {
    to.polygon({1, 0}, {{0, 0}, {1, 0}, {0, 1}}, {{10, 0}, {0, 100}, 2, 2, {}}, {});
    to.text({2, 0}, {{5, 5}, "t"}, {{}, {}, 1, 1, {{0, 0}, {-3, 4}}}, {});
    to.placement({"B", {7, 7}, 0, false, 1}, {{}, {}, 1, 1, {{0, 0}, {-3, 4}}}, {});
    to.path({3, 0}, {{{0, 0}, {9, 0}}, 4, 9, 9, true}, {}, {});  // no GDSII path
  });
  EXPECT_TRUE(told(bytes).starts_with(
      "cell A {S_GDS_PROPERTY u5 cell}\n1/0 polygon 0,0 1,0 0,1\n1/0 polygon 10,0 11,0 10,1\n"
      "1/0 polygon 0,100 1,100 0,101\n1/0 polygon 10,100 11,100 10,101\n2/0 text t 5,5\n2/0 text t 2,9\n"
      "place B 7,7\nplace B 4,11\n3/0 polygon "))
      << told(bytes);
}

/// Where cells are placed.
struct Origins final : LayoutSink {
  std::multiset<DbuPoint> all;
  int elements = 0;
  void placement(const Placement& placed, const Repetition& r, const Properties&) override {
    ++elements;
    for (std::uint64_t i = 0; i < r.columns; ++i)
      for (std::uint64_t j = 0; j < r.rows; ++j) {
        const auto c = static_cast<std::int64_t>(i), d = static_cast<std::int64_t>(j);
        all.insert({placed.origin.x + c * r.a.x + d * r.b.x, placed.origin.y + c * r.a.y + d * r.b.y});
      }
  }
};

TEST(GdsiiWriter, ArraysBeyondTheFormatAreSplit) {
  const auto origins = [](const Placement& placed, const Repetition& r) {
    const std::string bytes = written([&](LayoutWriter& to) { to.placement(placed, r, {}); });
    Origins found;
    open_layout(memory_bytes(bytes, "a"))->read(0, found);
    return found;
  };
  const Placement at{"B", {-100, 5}, 0, false, 1};
  Origins expected;
  const Repetition wide{{3, 1}, {-7, 50}, 100001, 2, {}};
  expected.placement(at, wide, {});
  const Origins found = origins(at, wide);
  EXPECT_EQ(found.all, expected.all);
  EXPECT_LE(found.elements, 4);
  // The corner that the format wants beyond the last column would leave 32 bits.
  const Placement far{"B", {2'147'480'000, 0}, 0, false, 1};
  Origins near_limit;
  const Repetition tight{{1000, 0}, {0, 10}, 4, 3, {}};
  near_limit.placement(far, tight, {});
  EXPECT_EQ(origins(far, tight).all, near_limit.all);
}

TEST(GdsiiWriter, LongPolygonsAreCut) {
  DbuPolygon comb{{0, 0}, {10001, 0}, {10001, 10}};
  for (std::int64_t x = 10000; x >= 2; x -= 4)
    for (const DbuPoint& p : {DbuPoint{x, 10}, DbuPoint{x, 100}, DbuPoint{x - 2, 100}, DbuPoint{x - 2, 10}})
      comb.push_back(p);
  comb.push_back({0, 10});
  ASSERT_GT(comb.size(), 8190U);
  const auto bytes = written([&](LayoutWriter& to) { to.polygon({1, 0}, comb, {}, {}); });
  struct Areas final : LayoutSink {
    double sum = 0;
    std::size_t most = 0;
    void polygon(const LayerNumber&, const DbuPolygon& p, const Repetition&, const Properties&) override {
      double twice = 0;
      for (std::size_t i = 0; i < p.size(); ++i) {
        const DbuPoint &a = p[i], &b = p[(i + 1) % p.size()];
        twice += static_cast<double>(a.x * b.y - b.x * a.y);
      }
      sum += std::abs(twice) / 2;
      most = std::max(most, p.size());
    }
  } areas;
  open_layout(memory_bytes(bytes, "a"))->read(0, areas);
  EXPECT_EQ(areas.sum, 10001 * 10 + 2500 * 2 * 90);
  EXPECT_LE(areas.most, 8190U);
}

TEST(GdsiiWriter, RefusesWhatTheFormatCannotHold) {
  const auto id = [](const std::function<void(LayoutWriter&)>& fill) {
    return error_of([&] { (void)written(fill); }).id();
  };
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({1, 0}, {0, 0, 2147483648, 1}, {}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({1, 0}, {0, 0, 1, 1}, {{2147483647, 0}, {}, 2, 1, {}}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.placement({"B", {0, INT64_MIN}, 0, false, 1}, {}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({65536, 0}, {0, 0, 1, 1}, {}, {}); }), "GDS-0056");
  EXPECT_EQ(id([](LayoutWriter& w) { w.text({1, 0}, {{0, 0}, std::string(65531, 'x')}, {}, {}); }), "GDS-0050");
  EXPECT_EQ(id([](LayoutWriter& w) { w.polygon({1, 0}, {{0, 0}, {1, 1}}, {}, {}); }), "GDS-0054");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.box({1, 0}, {0, 0, 1, 1}, {{1, 0}, {0, 1}, 1000000, 1000000, {}}, {});
            }),
            "GDS-0055");
  EXPECT_EQ(id([](LayoutWriter& w) { w.begin_cell("B"); }), "GDS-0052");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.end_cell();
              w.begin_cell("A");
            }),
            "GDS-0053");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.end_cell();
              w.box({1, 0}, {0, 0, 1, 1}, {}, {});
            }),
            "GDS-0052");
  EXPECT_EQ(error_of([] { (void)written(fill_all, 0); }).id(), "GDS-0051");
}

// ---------------------------------------------------------------------------------------------------------------------
// Paths

TEST(PathOutline, IsTheCustomaryOne) {
  using P = DbuPolygon;
  const auto of = [](std::vector<DbuPoint> spine, std::int64_t width, std::int64_t begin = 0, std::int64_t end = 0) {
    P p = outline({std::move(spine), width, begin, end, false});
    std::rotate(p.begin(), std::min_element(p.begin(), p.end()), p.end());
    return p;
  };
  // Each from its lowest point, along the left side of the wire.
  EXPECT_EQ(of({{0, 0}, {100, 0}, {100, 50}}, 20, 3, -5),
            (P{{-3, -10}, {-3, 10}, {90, 10}, {90, 45}, {110, 45}, {110, -10}}));
  EXPECT_EQ(of({{0, 0}, {50, 0}, {50, 0}, {100, 0}}, 21), (P{{0, -11}, {0, 11}, {100, 11}, {100, -11}}))
      << "halves go outwards, points in the middle of an edge go";
  EXPECT_EQ(of({{0, 0}, {1000, 0}, {0, 1000}}, 200),
            (P{{-71, 929}, {71, 1071}, {1142, 0}, {1100, -100}, {0, -100}, {0, 100}, {758, 100}}))
      << "beyond 90 degrees the corner is cut";
  EXPECT_EQ(of({{0, 0}, {1000, 0}, {15, 174}}, 200),
            (P{{-2, 76}, {32, 272}, {1116, 81}, {1100, -100}, {0, -100}, {0, 100}, {1000, 100}, {1000, 0}, {983, -98}}))
      << "the inner sides of a hairpin do not meet";
  EXPECT_TRUE(outline({{{0, 0}, {9, 0}}, 0, 0, 0, false}).empty());
  EXPECT_TRUE(outline({{{5, 5}}, 20, 0, 0, false}).empty());
  EXPECT_TRUE(outline({{}, 20, 0, 0, false}).empty());
  EXPECT_EQ(of({{5, 5}}, 20, 10, 10), (P{{-5, -5}, {-5, 15}, {15, 15}, {15, -5}}));
}

class WithKLayout : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    if (std::system("command -v klayout > /dev/null 2>&1") != 0) GTEST_SKIP() << "klayout is not installed";
  }
  /// What a Ruby script of KLayout prints; it runs in the folder.
  [[nodiscard]] std::string klayout(const std::string& script) const {
    write_plain(folder / "script.rb", script);
    const std::string command = "cd " + folder.string() + " && klayout -b -r script.rb > printed.txt 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_all(folder / "printed.txt");
    return read_all(folder / "printed.txt");
  }
};

TEST_F(WithKLayout, PathsCoverTheSame) {
  std::mt19937_64 random(11);
  const auto upto = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  // Layer 1 as paths, layer 2 as our outlines; each path has a place of its own.
  const std::string bytes = written([&](LayoutWriter& to) {
    for (int i = 0; i < 2000; ++i) {
      LayoutPath path;
      const std::int64_t kind = upto(2), legs = 1 + upto(5);
      path.spine = {{30000 * (i % 50), 30000 * (i / 50)}};
      for (std::int64_t k = 0; k < legs; ++k) {
        const std::int64_t step = 1 + upto(1 + upto(2000));
        DbuPoint by{(upto(2) - 1) * step, (upto(2) - 1) * step};
        if (kind == 0) by = upto(1) != 0 ? DbuPoint{by.x, 0} : DbuPoint{0, by.y};
        if (kind == 2) by = {upto(2 * step) - step, upto(2 * step) - step};
        path.spine.push_back({path.spine.back().x + by.x, path.spine.back().y + by.y});
      }
      path.width = 1 + upto(1 + upto(900));
      path.round = upto(4) == 0;
      const bool dot =
          std::all_of(path.spine.begin(), path.spine.end(), [&](const DbuPoint& p) { return p == path.spine[0]; });
      if (dot && path.round) path.width *= 2;  // halves at the top of a disc go where their noise takes them
      const bool by_half = path.round || upto(2) == 0;
      path.begin_extension = by_half ? path.width / 2 : upto(400) - 100;
      path.end_extension = by_half ? path.width / 2 : upto(400) - 100;
      to.path({1, 0}, path, {}, {});
      const DbuPolygon shape = outline(path);
      if (!shape.empty()) to.polygon({2, 0}, shape, {}, {});
    }
  });
  write_plain(folder / "paths.gds", bytes);
  EXPECT_EQ(klayout("l = RBA::Layout::new; l.read('paths.gds'); c = l.top_cell\n"
                    "a, b = [1, 2].map { |n| RBA::Region::new(c.begin_shapes_rec(l.layer(n, 0))) }\n"
                    "puts a.count, (a.area > 10**8), (a ^ b).to_s\n"),
            "2000\ntrue\n\n");
}

}  // namespace
}  // namespace anamorph::testing
