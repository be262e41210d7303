// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/gdsii_records.hpp"
#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/gdsii_told.hpp"

namespace anamorph::testing {
namespace {

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
    out.record(0x0B00).text(0x1206, "B").shorts(0x1302, {30000, 3}).points({100, 0, 45100, 0, 100, 9}).end_element();
  });
  EXPECT_EQ(told(halves),
            "cell A\nplace B 100,0 grid 15000 x 3,0 by 3 x 0,3\nplace B 102,0 grid 15000 x 3,0 by 3 x 0,3\n");
  EXPECT_NE(error_text(array(32749, 2, 10, 4)).find("AREF of 32749 x 2"), std::string::npos);
  EXPECT_EQ(told(array(4093, 1, 10, 4)).find("grid"), std::string::npos) << "few enough for a list";
  const std::string heap = with_cell([](GdsiiBytes& out) {
    out.record(0x0B00)
        .text(0x1206, "B")
        .shorts(0x1302, {30000, 30000})
        .points({100, 0, 100, 0, 100, 30000})
        .end_element();
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

}  // namespace
}  // namespace anamorph::testing
